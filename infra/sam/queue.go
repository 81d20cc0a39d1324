package sam

// queue reads an AWS::SQS::Queue; limits and defaults:
// docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sqs-queue.html, 2026-11.
func (r *reading) queue(id string, p *section) Queue {
	q := Queue{
		LogicalID: id, Name: p.text("QueueName", id),
		Visibility: p.seconds("VisibilityTimeout", bound{30, 0, 43200}),
		Delay:      p.seconds("DelaySeconds", bound{0, 0, 900}),
		Retention:  p.seconds("MessageRetentionPeriod", bound{345600, 60, 1209600}),
		Wait:       p.seconds("ReceiveMessageWaitTimeSeconds", bound{0, 0, 20}),
		Encrypted:  p.flag("SqsManagedSseEnabled", true),
	}
	p.ignore("Tags", "RedriveAllowPolicy")
	if p.has("RedrivePolicy") {
		d := p.sub("RedrivePolicy")
		q.DeadQueue = r.ownedBy(d, "deadLetterTargetArn", "AWS::SQS::Queue")
		q.MaxReceives = d.number("maxReceiveCount", bound{0, 1, 1000})
		d.close()
	}
	p.close()
	return q
}
