package sqs

import (
	"time"

	"go.etcd.io/bbolt"
)

// maxDead bounds how many dead letters one receive moves.
const maxDead = 100

// delivery is a message on its way out.
type delivery struct {
	message *message
	state   state
	handle  string
	record  *record
}

// haul is what one look into a queue brought. Its change makes it durable.
type haul struct {
	picked  []*delivery
	dead    []*message
	graves  *queue // where the dead go
	copies  []twin
	expired []uint64
	changed <-chan struct{} // closed when the queue changes after this look
	next    int64           // when the next hidden message becomes visible, Unix ms; 0 = none
}

func (h *haul) bare() bool {
	return len(h.picked) == 0 && len(h.dead) == 0 && len(h.expired) == 0
}

// collect takes up to o.count visible messages, which are in flight once it
// returns; dead letters and expired messages it meets leave the queue.
func (s *Service) collect(q *queue, o order) (*haul, error) {
	for {
		h, err := s.look(q, o)
		if err != nil || h.bare() {
			return h, err
		}
		met := len(h.picked) + len(h.dead)
		if err := s.read(q, h); err != nil {
			return nil, err
		}
		if err := s.settleHaul(q, o, h); err != nil {
			return nil, err
		}
		if len(h.picked) > 0 || met == 0 {
			return h, nil
		}
	}
}

func (s *Service) look(q *queue, o order) (*haul, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues[q.name] != q {
		return nil, noQueue()
	}
	now := s.now()
	h := &haul{changed: q.changed, expired: q.expire(now.UnixMilli())}
	q.promote(now.UnixMilli())
	if q.counts[inFlight] >= maxInFlight {
		if o.wait == 0 {
			return nil, modelFault("OverLimit", "Too many messages are in flight; the limit is %d.", maxInFlight)
		}
		return h, nil
	}
	for len(h.picked) < o.count && len(h.dead) < maxDead && q.visible.Len() > 0 {
		m := s.choose(q)
		if graves := s.gravesOf(q, m); graves != nil {
			q.remove(m)
			h.dead, h.graves = append(h.dead, m), graves
			continue
		}
		s.pick(q, m, h, now, o.visibility)
	}
	if m := q.held.first(); m != nil {
		h.next = m.Visible
	}
	return h, nil
}

// gravesOf returns the dead-letter queue a message has deserved, or nil.
func (s *Service) gravesOf(q *queue, m *message) *queue {
	policy := q.settings.redrive
	if policy == nil || m.Copy || m.Count-m.Before < policy.Max {
		return nil
	}
	return s.queues[nameOfARN(policy.Target)]
}

// pick puts one message in flight and notes the delivery.
func (s *Service) pick(q *queue, m *message, h *haul, now time.Time, visibility time.Duration) {
	ms := now.UnixMilli()
	m.Count++
	m.Turn++
	m.Received = ms
	if m.First == 0 {
		m.First = ms
	}
	q.move(m, inFlight, now.Add(visibility).UnixMilli())
	h.picked = append(h.picked, &delivery{message: m, state: m.state, handle: s.handle(q.id, m.seq, m.Turn)})
	if m.Copy {
		q.remove(m) // an extra delivery happens once
		return
	}
	s.repeat(m, h, ms)
}

// read fetches the bodies. A message deleted a moment ago has none and is left out.
func (s *Service) read(q *queue, h *haul) error {
	var ghosts []*message
	found := h.picked[:0]
	err := s.db.View(func(tx *bbolt.Tx) error {
		for _, p := range h.picked {
			rec, ok, err := loadRecord(tx, q.id, p.message.seq)
			if err != nil {
				return err
			}
			if !ok {
				ghosts = append(ghosts, p.message)
				continue
			}
			p.record = rec
			found = append(found, p)
		}
		return nil
	})
	h.picked = found
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range ghosts {
		q.remove(m)
	}
	return err
}

// settleHaul makes a haul durable. What could not be buried stays in the queue.
func (s *Service) settleHaul(q *queue, o order, h *haul) error {
	err := s.journal.commit(func(tx *bbolt.Tx) error {
		for _, seq := range h.expired {
			if err := dropMessage(tx, q.id, seq); err != nil {
				return err
			}
		}
		if err := s.storePicked(tx, q, h); err != nil {
			return err
		}
		if err := s.storeCopies(tx, q, h.copies); err != nil {
			return err
		}
		return s.bury(tx, q, h, o.region)
	})
	if err != nil {
		s.reveal(q, h.dead)
	}
	return err
}

func (s *Service) storePicked(tx *bbolt.Tx, q *queue, h *haul) error {
	var sequences []uint64
	for _, p := range h.picked {
		if !p.state.Copy {
			sequences = append(sequences, p.message.seq)
			continue
		}
		if err := dropMessage(tx, q.id, p.message.seq); err != nil {
			return err
		}
	}
	return s.putStates(tx, q, sequences)
}

// bury moves dead letters. They keep id, attributes, receive count and the
// time they were sent, so that retention goes on counting from there
// (developer guide, dead-letter queues, 2025-11).
func (s *Service) bury(tx *bbolt.Tx, q *queue, h *haul, region string) error {
	var buried []*message
	for _, m := range h.dead {
		rec, ok, err := loadRecord(tx, q.id, m.seq)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		rec.Source = arnOf(region, q.name)
		dead := s.deadLetter(m)
		if err := putMessage(tx, h.graves.id, dead.seq, rec, dead.state); err != nil {
			return err
		}
		if err := dropMessage(tx, q.id, m.seq); err != nil {
			return err
		}
		buried = append(buried, dead)
	}
	if len(buried) > 0 {
		tx.OnCommit(func() { s.reveal(h.graves, buried) })
	}
	return nil
}

// deadLetter makes the index entry of a message in its dead-letter queue.
func (s *Service) deadLetter(m *message) *message {
	s.mu.Lock()
	defer s.mu.Unlock()
	dead := &message{seq: s.nextSequence()}
	dead.state = state{Sent: m.Sent, Visible: s.now().UnixMilli(), Count: m.Count, Before: m.Count, First: m.First}
	return dead
}

// settle forgets what has expired and makes visible what is due.
func (s *Service) settle(q *queue) error {
	s.mu.Lock()
	now := s.now().UnixMilli()
	expired := q.expire(now)
	q.promote(now)
	s.mu.Unlock()
	if len(expired) == 0 {
		return nil
	}
	return s.journal.commit(func(tx *bbolt.Tx) error {
		for _, seq := range expired {
			if err := dropMessage(tx, q.id, seq); err != nil {
				return err
			}
		}
		return nil
	})
}
