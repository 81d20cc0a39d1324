package sqs

import "go.etcd.io/bbolt"

// What adverse mode does: one delivery in repeatOne is repeated up to
// repeatLate milliseconds later, and a receive takes from the first
// reorderSpan visible messages at will.
const (
	repeatOne   = 4
	repeatLate  = 2000
	reorderSpan = 32
)

// twin is an extra delivery of a message: stored like one of its own, so that
// deleting the first leaves it be, and gone after it was delivered once.
type twin struct {
	of      uint64
	message *message
}

// choose returns the message to hand out next; the caller holds the mutex.
func (s *Service) choose(q *queue) *message {
	if !s.adverse.Load() {
		return q.visible.first()
	}
	head := q.visible.first()
	span := uint64(min(q.visible.Len(), reorderSpan))
	return q.visible.items[s.draw(span, head.seq, uint64(head.Count))]
}

// repeat decides whether a delivery will happen once more.
func (s *Service) repeat(m *message, h *haul, now int64) {
	if !s.adverse.Load() || s.draw(repeatOne, m.seq, uint64(m.Turn), 1) != 0 {
		return
	}
	late := int64(s.draw(repeatLate, m.seq, uint64(m.Turn), 2))
	again := &message{seq: s.nextSequence()}
	again.state = state{Sent: m.Sent, Visible: now + late, Place: delayed, Count: m.Count, First: m.First, Copy: true}
	h.copies = append(h.copies, twin{m.seq, again})
}

func (s *Service) storeCopies(tx *bbolt.Tx, q *queue, copies []twin) error {
	var fresh []*message
	for _, c := range copies {
		rec, ok, err := loadRecord(tx, q.id, c.of)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := putMessage(tx, q.id, c.message.seq, rec, c.message.state); err != nil {
			return err
		}
		fresh = append(fresh, c.message)
	}
	if len(fresh) > 0 {
		tx.OnCommit(func() { s.reveal(q, fresh) })
	}
	return nil
}
