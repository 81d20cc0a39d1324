package ddb

import (
	"errors"
	"net/http"

	"github.com/manystall/manystall/infra/localaws/ddb/attr"
)

// Shapes under which DynamoDB names its errors (observed answers of the
// service; AWS Developer Guide, "Error handling with DynamoDB", 2026).
const (
	shapeService  = "com.amazon.coral.service#"
	shapeValidate = "com.amazon.coral.validate#"
	shapeDynamo   = "com.amazonaws.dynamodb.v20120810#"
)

// fault is an error that the client gets.
type fault struct {
	status  int
	kind    string // with its shape
	message string
	// item is what a failed condition found, if the client asked for it.
	item attr.Item
	// reasons are those of a cancelled transaction, in order.
	reasons []reason
}

func (f *fault) Error() string { return f.kind + ": " + f.message }

// reason is why one item of a transaction did not go through.
type reason struct {
	code    string
	message string
	item    attr.Item
}

func invalid(message string) *fault {
	return &fault{status: http.StatusBadRequest, kind: shapeValidate + "ValidationException", message: message}
}

func malformed(message string) *fault {
	return &fault{status: http.StatusBadRequest, kind: shapeService + "SerializationException", message: message}
}

func refused(kind, message string) *fault {
	return &fault{status: http.StatusBadRequest, kind: shapeDynamo + kind, message: message}
}

func notFound(what string) *fault {
	message := "Requested resource not found"
	if what != "" {
		message += ": " + what + " not found"
	}
	return refused("ResourceNotFoundException", message)
}

func conditionFailed(item attr.Item) *fault {
	f := refused("ConditionalCheckFailedException", "The conditional request failed")
	f.item = item
	return f
}

// asFault turns any error into what the client gets; false means that the
// error is ours and not the client's.
func asFault(err error) (*fault, bool) {
	var (
		f   *fault
		bad attr.Invalid
		odd attr.Malformed
	)
	switch {
	case errors.As(err, &f):
		return f, true
	case errors.As(err, &bad):
		return invalid(string(bad)), true
	case errors.As(err, &odd):
		return malformed(string(odd)), true
	}
	return &fault{status: http.StatusInternalServerError, kind: shapeDynamo + "InternalServerError",
		message: "The request processing has failed because of an unknown error, exception or failure."}, false
}

// body is the error on the wire.
func (f *fault) body() []byte {
	out := object{}
	out.add("__type", f.kind)
	name := "message"
	if f.reasons != nil || f.kind == shapeService+"SerializationException" {
		name = "Message"
	}
	if f.message != "" {
		out.add(name, f.message)
	}
	if f.item != nil {
		out.add("Item", f.item)
	}
	if f.reasons != nil {
		list := make([]object, len(f.reasons))
		for i, r := range f.reasons {
			list[i].add("Code", r.code)
			if r.message != "" {
				list[i].add("Message", r.message)
			}
			if r.item != nil {
				list[i].add("Item", r.item)
			}
		}
		out.add("CancellationReasons", list)
	}
	return out.append(nil)
}
