package sqs

import "container/heap"

// lane is an ordered set of messages that can lose any member quickly. Each
// message remembers its position, so one message may be in one lane per slot.
type lane struct {
	items []*message
	less  func(a, b *message) bool
	slot  func(m *message) *int
}

// newVisibleLane orders by the time a message becomes visible, then by age.
func newVisibleLane() *lane {
	return &lane{
		less: func(a, b *message) bool {
			if a.Visible != b.Visible {
				return a.Visible < b.Visible
			}
			return a.seq < b.seq
		},
		slot: func(m *message) *int { return &m.slot },
	}
}

// newAgeLane orders by the time a message was sent.
func newAgeLane() *lane {
	return &lane{
		less: func(a, b *message) bool { return a.Sent < b.Sent },
		slot: func(m *message) *int { return &m.ageSlot },
	}
}

func (l *lane) Len() int           { return len(l.items) }
func (l *lane) Less(i, j int) bool { return l.less(l.items[i], l.items[j]) }

func (l *lane) Swap(i, j int) {
	l.items[i], l.items[j] = l.items[j], l.items[i]
	*l.slot(l.items[i]), *l.slot(l.items[j]) = i, j
}

// Push is for container/heap; use add.
func (l *lane) Push(x any) {
	m := x.(*message)
	*l.slot(m) = len(l.items)
	l.items = append(l.items, m)
}

// Pop is for container/heap; use remove.
func (l *lane) Pop() any {
	last := len(l.items) - 1
	m := l.items[last]
	l.items[last] = nil
	l.items = l.items[:last]
	return m
}

func (l *lane) add(m *message)    { heap.Push(l, m) }
func (l *lane) remove(m *message) { heap.Remove(l, *l.slot(m)) }

// first returns the member that comes first, or nil.
func (l *lane) first() *message {
	if len(l.items) == 0 {
		return nil
	}
	return l.items[0]
}
