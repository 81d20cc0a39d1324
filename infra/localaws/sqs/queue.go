package sqs

import "time"

// place says why a message is not visible.
type place uint8

const (
	ready place = iota
	delayed
	inFlight
)

// state is what changes about a message; it is stored apart from the body so
// that a receive never rewrites it. Times are Unix milliseconds.
type state struct {
	Sent     int64 `json:"sent"`
	Visible  int64 `json:"visible"`
	Place    place `json:"place"`
	Count    int   `json:"count,omitempty"`
	Before   int   `json:"before,omitempty"` // receives in earlier queues, which a redrive policy does not count
	First    int64 `json:"first,omitempty"`
	Received int64 `json:"received,omitempty"`
	Turn     int   `json:"turn,omitempty"` // number of the latest receipt handle
	Copy     bool  `json:"copy,omitempty"` // an extra delivery of adverse mode
}

// message is the index entry of a stored message; its body stays in the store.
type message struct {
	seq uint64
	state
	slot, ageSlot int
}

// queue is one queue in memory. The service's mutex guards all of it except
// the fields set once.
type queue struct {
	id   uint64
	name string

	record   queueRecord
	settings settings
	purged   time.Time

	messages map[uint64]*message
	visible  *lane
	held     *lane
	age      *lane
	counts   [inFlight + 1]int
	changed  chan struct{}
}

func newQueue(record queueRecord, set settings) *queue {
	q := &queue{id: record.ID, name: record.Name, record: record, settings: set, changed: make(chan struct{})}
	q.clear()
	return q
}

func (q *queue) clear() {
	q.messages = map[uint64]*message{}
	q.visible, q.held, q.age = newVisibleLane(), newVisibleLane(), newAgeLane()
	q.counts = [inFlight + 1]int{}
}

// add takes in a new message.
func (q *queue) add(m *message) {
	q.messages[m.seq] = m
	q.age.add(m)
	q.enter(m)
}

// remove forgets a message; one already gone is fine.
func (q *queue) remove(m *message) {
	if q.messages[m.seq] != m {
		return
	}
	delete(q.messages, m.seq)
	q.age.remove(m)
	q.leave(m)
}

// move changes why and until when a message is invisible.
func (q *queue) move(m *message, to place, visible int64) {
	q.leave(m)
	m.Place, m.Visible = to, visible
	q.enter(m)
}

func (q *queue) enter(m *message) {
	q.counts[m.Place]++
	q.laneOf(m).add(m)
}

func (q *queue) leave(m *message) {
	q.counts[m.Place]--
	q.laneOf(m).remove(m)
}

func (q *queue) laneOf(m *message) *lane {
	if m.Place == ready {
		return q.visible
	}
	return q.held
}

// promote makes visible what has waited long enough.
func (q *queue) promote(now int64) {
	for m := q.held.first(); m != nil && m.Visible <= now; m = q.held.first() {
		q.move(m, ready, m.Visible)
	}
}

// expire forgets messages older than the retention period, wherever they are,
// and returns their numbers.
func (q *queue) expire(now int64) []uint64 {
	limit := now - q.settings.retention.Milliseconds()
	var gone []uint64
	for m := q.age.first(); m != nil && m.Sent <= limit; m = q.age.first() {
		q.remove(m)
		gone = append(gone, m.seq)
	}
	return gone
}

// wake lets every long poll of the queue look again.
func (q *queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}
