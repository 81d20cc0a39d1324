package sam

import "strings"

// Local is a Resolver for a machine without CloudFormation: everything is
// called by its logical id, as `sam local` does it.
type Local struct {
	// Region, AccountID and Partition stand in ARNs; empty ones are those of Options.
	Region, AccountID, Partition string
	// QueueURL is the address queues are served at, for example
	// http://127.0.0.1:4566; a queue's own address is QueueURL/account/name.
	QueueURL string
}

// Ref answers for every resource; most are their logical id.
func (l Local) Ref(r Resource) (string, bool) {
	switch r.Type {
	case "AWS::SQS::Queue":
		return strings.TrimSuffix(l.QueueURL, "/") + "/" + l.account() + "/" + r.LogicalID, true
	case "AWS::SNS::Topic":
		return l.arn("sns", r.LogicalID), true
	}
	return r.LogicalID, true
}

// Attribute knows the attributes a template of functions, queues and tables needs.
func (l Local) Attribute(r Resource, name string) (string, bool) {
	switch r.Type + " " + name {
	case "AWS::SQS::Queue Arn":
		return l.arn("sqs", r.LogicalID), true
	case "AWS::SQS::Queue QueueName":
		return r.LogicalID, true
	case "AWS::SQS::Queue QueueUrl":
		return l.Ref(r)
	case "AWS::DynamoDB::Table Arn":
		return l.arn("dynamodb", "table/"+r.LogicalID), true
	case "AWS::DynamoDB::Table StreamArn":
		return l.arn("dynamodb", "table/"+r.LogicalID+"/stream/local"), true
	case "AWS::S3::Bucket Arn":
		return "arn:" + l.partition() + ":s3:::" + r.LogicalID, true
	case "AWS::KMS::Key Arn":
		return l.arn("kms", "key/"+r.LogicalID), true
	case "AWS::Serverless::Function Arn":
		return l.arn("lambda", "function:"+r.LogicalID), true
	case "AWS::Logs::LogGroup Arn":
		return l.arn("logs", "log-group:"+r.LogicalID+":*"), true
	}
	return "", false
}

func (l Local) arn(service, rest string) string {
	region := l.Region
	if region == "" {
		region = defaultRegion
	}
	return "arn:" + l.partition() + ":" + service + ":" + region + ":" + l.account() + ":" + rest
}

func (l Local) account() string {
	if l.AccountID == "" {
		return defaultAccount
	}
	return l.AccountID
}

func (l Local) partition() string {
	if l.Partition == "" {
		return defaultPartition
	}
	return l.Partition
}
