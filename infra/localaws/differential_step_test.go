package localaws_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"sort"
	"strings"
)

const (
	dynamo = "DynamoDB_20120810."
	queues = "AmazonSQS."
)

// step is one operation of the sequence.
type step struct {
	op string
	in map[string]any
	// queue makes the request of a queue operation; nil for DynamoDB.
	queue func(*party) map[string]any
	// paged joins all pages; sorted says that the order of items is free.
	paged, sorted bool
	// keys are the items that the step can write.
	keys []any
}

// normal is an answer in a form in which equal answers are equal texts:
// numbers by value, sets in order, and of an error its name and the codes of
// its cancellation reasons. Not compared are the words of errors, capacity and
// metrics (moto gives them unasked), empty objects where the other has none,
// and the names that each party gives to messages.
func (s step) normal(a answer) string {
	if code := a.code(); code != "" {
		if s.queue != nil {
			code = strings.TrimSuffix(code, "Exception") // moto has the names of the older protocol
		}
		codes := []string{fmt.Sprint(a.status), code}
		reasons, _ := a.body["CancellationReasons"].([]any)
		for _, r := range reasons {
			codes = append(codes, fmt.Sprint(r.(map[string]any)["Code"]))
		}
		return strings.Join(codes, " ")
	}
	body := normalValue(a.body)
	if m, ok := body.(map[string]any); ok && s.queue == nil {
		for _, name := range []string{"UnprocessedItems", "UnprocessedKeys", "ConsumedCapacity", "ItemCollectionMetrics"} {
			delete(m, name)
		}
		for _, name := range []string{"Attributes", "Item"} {
			if inner, ok := m[name].(map[string]any); ok && len(inner) == 0 {
				delete(m, name)
			}
		}
		s.sortItems(m)
	}
	if m, ok := body.(map[string]any); ok && s.queue != nil {
		s.comparable(m)
	}
	out, err := json.Marshal(body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(a.status, " ", string(out))
}

// sortItems puts items whose order the service leaves open into one.
func (s step) sortItems(body map[string]any) {
	lists := []any{}
	if s.sorted {
		lists = append(lists, body["Items"])
	}
	if responses, ok := body["Responses"].(map[string]any); ok {
		for _, list := range responses {
			lists = append(lists, list)
		}
	}
	for _, list := range lists {
		if items, ok := list.([]any); ok {
			sortByText(items)
		}
	}
}

func sortByText(list []any) {
	text := func(v any) string { raw, _ := json.Marshal(v); return string(raw) }
	sort.SliceStable(list, func(i, j int) bool { return text(list[i]) < text(list[j]) })
}

// comparable leaves of a queue's answer what does not name one party.
func (s step) comparable(body map[string]any) {
	messages, _ := body["Messages"].([]any)
	for _, raw := range messages {
		m := raw.(map[string]any)
		delete(m, "MessageId")
		delete(m, "ReceiptHandle")
	}
	sortByText(messages)
	delete(body, "MessageId")
	for _, name := range []string{"Successful", "Failed"} {
		entries, _ := body[name].([]any)
		if len(entries) == 0 {
			delete(body, name) // absent and empty mean the same
			continue
		}
		for _, raw := range entries {
			e := raw.(map[string]any)
			delete(e, "MessageId")
			delete(e, "Message")
		}
		sortByText(entries)
	}
}

// normalValue copies a JSON value with attribute values in a normal form.
func normalValue(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normalValue(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			out[name] = normalAttribute(name, normalValue(inner))
		}
		return out
	}
	return v
}

func normalAttribute(kind string, v any) any {
	switch kind {
	case "N":
		if text, ok := v.(string); ok {
			return normalNumber(text)
		}
	case "NS", "SS", "BS":
		list, ok := v.([]any)
		if !ok {
			return v
		}
		texts := make([]string, len(list))
		for i := range list {
			texts[i] = fmt.Sprint(list[i])
			if kind == "NS" {
				texts[i] = normalNumber(texts[i])
			}
		}
		slices.Sort(texts)
		return texts
	}
	return v
}

func normalNumber(text string) string {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	return r.RatString()
}
