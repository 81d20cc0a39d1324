package sqs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxMessage is the largest message and the largest batch in bytes (SQS quotas,
// raised to 1 MiB in August 2025).
const maxMessage = 1 << 20

// settings are the attributes of a queue in working form.
type settings struct {
	delay      time.Duration
	retention  time.Duration
	visibility time.Duration
	wait       time.Duration
	maxSize    int
	redrive    *redrivePolicy
	allow      *allowPolicy
}

// bound is the range of a whole-number attribute (API reference of
// SetQueueAttributes, 2025-11).
type bound struct{ low, high, preset int }

func bounds() map[string]bound {
	return map[string]bound{
		"DelaySeconds":                  {0, 900, 0},
		"MaximumMessageSize":            {1024, maxMessage, maxMessage},
		"MessageRetentionPeriod":        {60, 1209600, 345600},
		"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
		"VisibilityTimeout":             {0, 43200, 30},
	}
}

// mergeAttributes applies new values over old ones, in normal form. An empty
// text removes a policy.
func mergeAttributes(old, update map[string]string) (map[string]string, error) {
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(update)) {
		value, err := normalize(name, update[name])
		if err != nil {
			return nil, err
		}
		if value == "" {
			delete(merged, name)
			continue
		}
		merged[name] = value
	}
	return merged, nil
}

func normalize(name, value string) (string, error) {
	if b, ok := bounds()[name]; ok {
		n, err := strconv.Atoi(value)
		if err != nil || n < b.low || n > b.high {
			return "", badAttribute(name)
		}
		return strconv.Itoa(n), nil
	}
	switch name {
	case "RedrivePolicy":
		return normalJSON(value, parseRedrive)
	case "RedriveAllowPolicy":
		return normalJSON(value, parseAllow)
	case "Policy":
		if value != "" && !json.Valid([]byte(value)) {
			return "", badAttribute(name)
		}
		return value, nil
	case "KmsMasterKeyId":
		return value, nil
	case "KmsDataKeyReusePeriodSeconds":
		if n, err := strconv.Atoi(value); err != nil || n < 60 || n > 86400 {
			return "", badAttribute(name)
		}
		return value, nil
	case "SqsManagedSseEnabled":
		if value != "true" && value != "false" {
			return "", badAttribute(name)
		}
		return value, nil
	case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit":
		return "", refuseFIFO()
	}
	return "", modelFault("InvalidAttributeName", "Unknown Attribute %s.", name)
}

func normalJSON[P any](value string, parse func(string) (*P, error)) (string, error) {
	if value == "" {
		return "", nil
	}
	policy, err := parse(value)
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(policy)
	return string(data), err
}

func badAttribute(name string) error {
	return modelFault("InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

func refuseFIFO() error {
	return unsupported("FIFO queues are not supported by this server; create a standard queue.")
}

// parseSettings reads attributes that mergeAttributes has accepted.
func parseSettings(attributes map[string]string) (settings, error) {
	number := map[string]int{}
	for name, b := range bounds() {
		number[name] = b.preset
		if value, ok := attributes[name]; ok {
			n, err := strconv.Atoi(value)
			if err != nil {
				return settings{}, fmt.Errorf("attribute %s: %w", name, err)
			}
			number[name] = n
		}
	}
	set := settings{
		delay:      seconds(number["DelaySeconds"]),
		retention:  seconds(number["MessageRetentionPeriod"]),
		visibility: seconds(number["VisibilityTimeout"]),
		wait:       seconds(number["ReceiveMessageWaitTimeSeconds"]),
		maxSize:    number["MaximumMessageSize"],
	}
	var err error
	if text := attributes["RedrivePolicy"]; text != "" {
		if set.redrive, err = parseRedrive(text); err != nil {
			return settings{}, err
		}
	}
	if text := attributes["RedriveAllowPolicy"]; text != "" {
		set.allow, err = parseAllow(text)
	}
	return set, err
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// redrivePolicy says where messages go that were received too often.
type redrivePolicy struct {
	Target string `json:"deadLetterTargetArn"`
	Max    int    `json:"maxReceiveCount"`
}

func parseRedrive(text string) (*redrivePolicy, error) {
	refuse := func(reason string) (*redrivePolicy, error) {
		return nil, invalidValue("Value %s for parameter RedrivePolicy is invalid. Reason: %s", text, reason)
	}
	var in struct {
		Target string          `json:"deadLetterTargetArn"`
		Max    json.RawMessage `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return refuse("Redrive policy is not a valid JSON map.")
	}
	if in.Target == "" {
		return refuse("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if len(in.Max) == 0 {
		return refuse("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	}
	n, err := strconv.Atoi(strings.Trim(string(in.Max), `"`))
	if err != nil || n < 1 || n > 1000 {
		return refuse(fmt.Sprintf("Invalid value for maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.", in.Max))
	}
	return &redrivePolicy{Target: in.Target, Max: n}, nil
}

// allowPolicy says which queues may use this one for their dead letters.
type allowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns,omitempty"`
}

func parseAllow(text string) (*allowPolicy, error) {
	refuse := func(reason string) (*allowPolicy, error) {
		return nil, invalidValue("Value %s for parameter RedriveAllowPolicy is invalid. Reason: %s", text, reason)
	}
	policy := new(allowPolicy)
	if err := json.Unmarshal([]byte(text), policy); err != nil {
		return refuse("Redrive allow policy is not a valid JSON map.")
	}
	switch policy.Permission {
	case "allowAll", "denyAll":
		if len(policy.Sources) > 0 {
			return refuse("sourceQueueArns is allowed with redrivePermission byQueue only.")
		}
	case "byQueue":
		if len(policy.Sources) < 1 || len(policy.Sources) > 10 {
			return refuse("sourceQueueArns must name 1 to 10 queues.")
		}
	default:
		return refuse("redrivePermission must be allowAll, denyAll or byQueue.")
	}
	return policy, nil
}

// admits reports whether a queue may send its dead letters here.
func (p *allowPolicy) admits(source string) bool {
	if p == nil || p.Permission == "allowAll" {
		return true
	}
	return p.Permission == "byQueue" && slices.ContainsFunc(p.Sources, func(arn string) bool {
		return nameOfARN(arn) == source
	})
}
