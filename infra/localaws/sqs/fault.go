package sqs

import (
	"fmt"
	"net/http"
)

// fault is an error as the AWS JSON protocol carries it: the type in the body,
// the name of the former query protocol in the header x-amzn-query-error,
// which SDKs prefer when they report the code.
type fault struct {
	status  int
	space   string
	kind    string
	legacy  string
	message string
}

func (f *fault) Error() string { return f.legacy + ": " + f.message }

func (f *fault) side() string {
	if f.status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

const (
	modelled = "com.amazonaws.sqs#"
	common   = "com.amazon.coral.service#"
	oldSpace = "AWS.SimpleQueueService."
)

// modelFault is an error listed in the service's model whose query name is the same.
func modelFault(kind, format string, args ...any) *fault {
	return &fault{status: http.StatusBadRequest, space: modelled, kind: kind, legacy: kind, message: fmt.Sprintf(format, args...)}
}

// prefixedFault is an error listed in the service's model whose query name
// carries the prefix AWS.SimpleQueueService.
func prefixedFault(kind, format string, args ...any) *fault {
	f := modelFault(kind, format, args...)
	f.legacy = oldSpace + kind
	return f
}

func commonFault(status int, kind, legacy, format string, args ...any) *fault {
	return &fault{status: status, space: common, kind: kind, legacy: legacy, message: fmt.Sprintf(format, args...)}
}

func invalidValue(format string, args ...any) *fault {
	return commonFault(http.StatusBadRequest, "InvalidParameterValueException", "InvalidParameterValue", format, args...)
}

func missing(name string) *fault {
	return commonFault(http.StatusBadRequest, "MissingRequiredParameterException", "MissingParameter",
		"The request must contain the parameter %s.", name)
}

func serialization(format string, args ...any) *fault {
	return commonFault(http.StatusBadRequest, "SerializationException", "SerializationException", format, args...)
}

func noQueue() *fault {
	f := modelFault("QueueDoesNotExist", "The specified queue does not exist.")
	f.legacy = oldSpace + "NonExistentQueue"
	return f
}

func queueExists(attribute string) *fault {
	f := modelFault("QueueNameExists",
		"A queue already exists with the same name and a different value for attribute %s", attribute)
	f.legacy = "QueueAlreadyExists"
	return f
}

func badHandle() *fault {
	return modelFault("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
}

func noResource(parameter string) *fault {
	return modelFault("ResourceNotFoundException",
		"The resource that you specified for the %s parameter doesn't exist.", parameter)
}

func unsupported(format string, args ...any) *fault {
	return prefixedFault("UnsupportedOperation", format, args...)
}
