package sqs

import (
	"context"
	"maps"
	"time"
	"unicode/utf8"
)

// maxTags is how many tags a queue may have (SQS quotas, 2025-11).
const maxTags = 50

type tagRequest struct {
	QueueUrl string
	Tags     map[string]string
	TagKeys  []string
}

type tagAnswer struct {
	Tags map[string]string `json:",omitempty"`
}

func (s *Service) tagQueue(_ context.Context, _ *call, req *tagRequest) (any, error) {
	if len(req.Tags) == 0 {
		return nil, missing("Tags")
	}
	return s.edit(req.QueueUrl, func(rec *queueRecord, _ time.Time) error {
		merged := maps.Clone(rec.Tags)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, req.Tags)
		rec.Tags = merged
		return checkTags(merged)
	})
}

func (s *Service) untagQueue(_ context.Context, _ *call, req *tagRequest) (any, error) {
	if len(req.TagKeys) == 0 {
		return nil, missing("TagKeys")
	}
	return s.edit(req.QueueUrl, func(rec *queueRecord, _ time.Time) error {
		rec.Tags = maps.Clone(rec.Tags)
		for _, name := range req.TagKeys {
			delete(rec.Tags, name)
		}
		return nil
	})
}

func (s *Service) queueTags(_ context.Context, _ *call, req *tagRequest) (any, error) {
	q, err := s.lookup(req.QueueUrl)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return tagAnswer{maps.Clone(q.record.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return invalidValue("Too many tags added for queue; a queue may have %d.", maxTags)
	}
	for name, value := range tags {
		if name == "" || utf8.RuneCountInString(name) > 128 || utf8.RuneCountInString(value) > 256 {
			return invalidValue("Tag keys must be between 1 and 128 characters and tag values at most 256 characters in length.")
		}
	}
	return nil
}
