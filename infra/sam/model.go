package sam

import "time"

// Template is what a template describes, all values resolved. Resources whose
// Condition is false are left out. Lists are in the order of the file.
type Template struct {
	// Parameters holds every parameter with its value, defaults included.
	Parameters map[string]string
	Functions  []Function
	Tables     []Table
	Queues     []Queue
	Buckets    []Bucket
	// Keys are the logical ids of the KMS keys.
	Keys []string
	// Boundaries are the managed policies, by logical id: what bounds functions.
	Boundaries map[string][]Statement
	// Outputs holds the resolved value of each output.
	Outputs map[string]string
}

// Queue returns the queue with a logical id.
func (t *Template) Queue(logicalID string) (Queue, bool) {
	for _, q := range t.Queues {
		if q.LogicalID == logicalID {
			return q, true
		}
	}
	return Queue{}, false
}

// Function is an AWS::Serverless::Function.
type Function struct {
	LogicalID string
	// Name is the folder of the handler below functions/: the logical id
	// without its suffix Function, in lower case.
	Name         string
	Handler      string
	Runtime      string
	Architecture string
	CodeURI      string
	BuildMethod  string
	Timeout      time.Duration
	MemoryMB     int
	// LoopAllowed is true for RecursiveLoop: Allow.
	LoopAllowed bool
	Environment map[string]string
	// Boundary is the logical id of the policy that bounds it.
	Boundary   string
	Statements []Statement
	Routes     []Route
	Queues     []QueueTrigger
	Streams    []StreamTrigger
	Schedules  []Schedule
}

// Statement is one statement of a function's policy.
type Statement struct {
	Sid       string
	Effect    string
	Actions   []string
	Resources []string
}

// Route is an HttpApi event: a method (or ANY) and a path of API Gateway's
// form, for example /orders/{id} or /{proxy+}.
type Route struct {
	Event  string
	Method string
	Path   string
}

// QueueTrigger is an SQS event source.
type QueueTrigger struct {
	Event string
	// Queue is the logical id of the queue.
	Queue     string
	Enabled   bool
	BatchSize int
	// Window is how long a batch may be gathered; 0 hands over what is there.
	Window time.Duration
	// Filters are event patterns (JSON); one match admits a message.
	Filters []string
	// ReportFailures is true for ReportBatchItemFailures.
	ReportFailures bool
	// MaxConcurrency bounds the batches in work; 0 means unbounded.
	MaxConcurrency int
}

// StreamTrigger is a DynamoDB stream event source.
type StreamTrigger struct {
	Event string
	// Table is the logical id of the table whose stream is read.
	Table     string
	Enabled   bool
	BatchSize int
	Window    time.Duration
	// StartingPosition is TRIM_HORIZON or LATEST.
	StartingPosition string
	// Bisect splits a failed batch in two.
	Bisect bool
	// MaxRetries is the number of attempts after the first; -1 means without end.
	MaxRetries int
	// MaxAge drops older records to the failure destination; 0 means never.
	MaxAge         time.Duration
	Parallel       int
	Filters        []string
	ReportFailures bool
	// OnFailure is the logical id of the queue told about given-up batches, or empty.
	OnFailure string
}

// Schedule is a Schedule or ScheduleV2 event.
type Schedule struct {
	Event string
	// V2 is true for ScheduleV2 (EventBridge Scheduler).
	V2      bool
	Enabled bool
	// Expression is rate(...), cron(...) or at(...).
	Expression string
	// Zone is the IANA time zone of a cron expression; empty is UTC.
	Zone string
	// Input is the payload (JSON); empty means AWS's own event.
	Input string
}

// Attribute is a key attribute: Type is S, N or B.
type Attribute struct {
	Name string
	Type string
}

// Table is an AWS::DynamoDB::Table.
type Table struct {
	LogicalID string
	Name      string
	Partition Attribute
	// Sort has an empty Name when the table has no sort key.
	Sort    Attribute
	Indexes []Index
	// TTL is the attribute holding the expiry in epoch seconds, or empty.
	TTL string
	// StreamView is NEW_AND_OLD_IMAGES and so on, empty without a stream.
	StreamView string
	Billing    string
	Encrypted  bool
	Recovery   bool
	Retained   bool
}

// Index is a global secondary index.
type Index struct {
	Name      string
	Partition Attribute
	Sort      Attribute
	// Projection is ALL, KEYS_ONLY or INCLUDE; Include names the attributes.
	Projection string
	Include    []string
}

// Queue is an AWS::SQS::Queue.
type Queue struct {
	LogicalID  string
	Name       string
	Visibility time.Duration
	Delay      time.Duration
	Retention  time.Duration
	// Wait is ReceiveMessageWaitTimeSeconds.
	Wait      time.Duration
	Encrypted bool
	// DeadQueue is the logical id of the dead-letter queue, or empty;
	// MaxReceives is how often a message is handed out before it goes there.
	DeadQueue   string
	MaxReceives int
}

// Bucket is an AWS::S3::Bucket.
type Bucket struct {
	LogicalID string
	Name      string
}
