package sqs

import (
	"context"
	"errors"
	"net/http"
)

// maxBatch is how many entries a batch may have (API reference, 2025-11).
const maxBatch = 10

// batchAnswer is the outcome per entry, in the order of the request.
type batchAnswer struct {
	Successful []any
	Failed     []batchFailure
}

type batchFailure struct {
	Id          string
	Code        string
	Message     string
	SenderFault bool
}

func newBatchAnswer() *batchAnswer {
	return &batchAnswer{Successful: []any{}, Failed: []batchFailure{}}
}

func (b *batchAnswer) fail(id string, err error) {
	f := asFault(err)
	b.Failed = append(b.Failed, batchFailure{id, f.legacy, f.message, f.status < http.StatusInternalServerError})
}

// checkBatch applies the rules every batch shares.
func checkBatch(ids []string) error {
	if len(ids) == 0 {
		return prefixedFault("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(ids) > maxBatch {
		return prefixedFault("TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || len(id) > 80 || !onlyIDCharacters(id) {
			return prefixedFault("InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return prefixedFault("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

func ids[E any](entries []E, id func(*E) string) []string {
	out := make([]string, 0, len(entries))
	for i := range entries {
		out = append(out, id(&entries[i]))
	}
	return out
}

type sendBatchRequest struct {
	QueueUrl string
	Entries  []sendEntry
}

func (s *Service) sendMessageBatch(_ context.Context, c *call, req *sendBatchRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(ids(req.Entries, func(e *sendEntry) string { return e.Id })); err != nil {
		return nil, err
	}
	if err := checkBatchSize(req.Entries); err != nil {
		return nil, err
	}
	set, answer := s.settingsOf(q), newBatchAnswer()
	var out []outgoing
	var sent []*sendEntry
	for i := range req.Entries {
		e := &req.Entries[i]
		if err := e.check(set); err != nil {
			answer.fail(e.Id, err)
			continue
		}
		out, sent = append(out, e.outgoing(c, set)), append(sent, e)
	}
	if len(out) > 0 {
		if err := s.enqueue(q, out); err != nil {
			return nil, err
		}
	}
	for i, e := range sent {
		answer.Successful = append(answer.Successful, e.answer(out[i].record.ID))
	}
	return answer, nil
}

func checkBatchSize(entries []sendEntry) error {
	total := 0
	for i := range entries {
		total += entries[i].size()
	}
	if total > maxMessage {
		return prefixedFault("BatchRequestTooLong",
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessage, total)
	}
	return nil
}

type deleteBatchRequest struct {
	QueueUrl string
	Entries  []deleteEntry
}

type deleteEntry struct {
	Id            string
	ReceiptHandle string
}

type batchSuccess struct{ Id string }

func (s *Service) deleteMessageBatch(_ context.Context, _ *call, req *deleteBatchRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(ids(req.Entries, func(e *deleteEntry) string { return e.Id })); err != nil {
		return nil, err
	}
	answer := newBatchAnswer()
	var doomed []*message
	for _, e := range req.Entries {
		m, err := s.byHandle(q, e.ReceiptHandle)
		if err != nil && !errors.Is(err, errStale) {
			answer.fail(e.Id, err)
			continue
		}
		if err == nil {
			doomed = append(doomed, m)
		}
		answer.Successful = append(answer.Successful, batchSuccess{e.Id})
	}
	return answer, s.discard(q, doomed)
}

type visibilityBatchRequest struct {
	QueueUrl string
	Entries  []visibilityEntry
}

func (s *Service) changeVisibilityBatch(_ context.Context, _ *call, req *visibilityBatchRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkBatch(ids(req.Entries, func(e *visibilityEntry) string { return e.Id })); err != nil {
		return nil, err
	}
	answer := newBatchAnswer()
	var changed []uint64
	for i := range req.Entries {
		e := &req.Entries[i]
		seq, err := s.extend(q, e)
		if err != nil {
			answer.fail(e.Id, err)
			continue
		}
		changed = append(changed, seq)
		answer.Successful = append(answer.Successful, batchSuccess{e.Id})
	}
	return answer, s.saveStates(q, changed)
}
