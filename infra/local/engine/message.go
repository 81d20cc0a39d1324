package engine

import (
	"encoding/json"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// sqsMessage builds the record of an SQS event
// (docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, 2026-11).
func (e *Engine) sqsMessage(s source, m types.Message) events.SQSMessage {
	return events.SQSMessage{
		MessageId: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle),
		Body: aws.ToString(m.Body), Md5OfBody: aws.ToString(m.MD5OfBody),
		Md5OfMessageAttributes: aws.ToString(m.MD5OfMessageAttributes),
		Attributes:             m.Attributes, MessageAttributes: messageAttributes(m),
		EventSourceARN: s.queue.arn, EventSource: "aws:sqs", AWSRegion: e.Region,
	}
}

func messageAttributes(m types.Message) map[string]events.SQSMessageAttribute {
	out := map[string]events.SQSMessageAttribute{}
	for name, v := range m.MessageAttributes {
		out[name] = events.SQSMessageAttribute{
			StringValue: v.StringValue, BinaryValue: v.BinaryValue, DataType: aws.ToString(v.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return out
}

// filterView is the message as filter patterns see it: with a body that is
// JSON decoded.
func filterView(m events.SQSMessage) any {
	data, err := json.Marshal(m)
	if err != nil {
		return nil
	}
	var view map[string]any
	if err := decodeExact(data, &view); err != nil {
		return nil
	}
	var body any
	if json.Valid([]byte(m.Body)) && decodeExact([]byte(m.Body), &body) == nil {
		view["body"] = body
	}
	return view
}

// receives is how often the message has been handed out.
func receives(m types.Message) int {
	n, err := strconv.Atoi(m.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err != nil || n < 1 {
		return 1
	}
	return n
}
