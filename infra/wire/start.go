package wire

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

// Function handles the events of one trigger.
type Function[In, Out any] interface {
	Handle(ctx context.Context, event In) (Out, error)
}

// Start runs a function on Lambda until the process ends. A function that
// can't be built says why and exits: Lambda shows that as a failed start.
func Start[F Function[In, Out], In, Out any](build func(*Ground) (F, error)) {
	ground, err := New(Options{})
	if err != nil {
		fail(err)
	}
	f, err := build(ground)
	if err != nil {
		fail(err)
	}
	lambda.Start(f.Handle)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "function not started:", err)
	os.Exit(1)
}
