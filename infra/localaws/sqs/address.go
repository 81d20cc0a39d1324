package sqs

import (
	"net/url"
	"strings"
)

// account is the only account there is here.
const account = "000000000000"

func (c *call) url(name string) string { return "http://" + c.host + "/" + account + "/" + name }

func arnOf(region, name string) string { return "arn:aws:sqs:" + region + ":" + account + ":" + name }

// nameOfARN returns the queue's name, or "" for anything but a queue of this
// account. Any region is fine: this server is in all of them.
func nameOfARN(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "sqs" || parts[4] != account {
		return ""
	}
	return parts[5]
}

// nameOfURL returns the queue's name. The host may be any: what one container
// calls localhost another reaches under a different name.
func nameOfURL(address string) (string, error) {
	if address == "" {
		return "", missing("QueueUrl")
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", badAddress(address)
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) != 2 || parts[0] != account {
		return "", badAddress(address)
	}
	return parts[1], nil
}

func badAddress(address string) error {
	return modelFault("InvalidAddress", "The address %s is not valid for this endpoint.", address)
}

// lookup finds the queue of an address.
func (s *Service) lookup(address string) (*queue, error) {
	name, err := nameOfURL(address)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := s.queues[name]
	if !ok {
		return nil, noQueue()
	}
	return q, nil
}

// validName reports whether a queue may be called so: 1 to 80 letters, digits,
// hyphens and underscores.
func validName(name string) bool {
	return len(name) >= 1 && len(name) <= 80 && onlyIDCharacters(name)
}

func onlyIDCharacters(text string) bool {
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}
