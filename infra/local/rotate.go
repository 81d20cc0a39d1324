package local

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/manystall/manystall/infra/dynamo"
	"github.com/manystall/manystall/shared/config"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// oldKey names the variable that holds the key to replace: arguments are seen
// by everybody on the machine.
const oldKey = "MANYSTALL_KEY"

// rotateKey replaces an owner's key of a deployed stack, with the developer's
// own AWS credentials.
func rotateKey(ctx context.Context, args []string, env config.Source, out io.Writer) error {
	flags := flag.NewFlagSet("rotate-key", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	stack := flags.String("stack", "", "name of the CloudFormation stack")
	if err := flags.Parse(args); err != nil || *stack == "" {
		return errors.New("rotate-key needs -stack NAME, the name the stack was deployed under")
	}
	get := func(name string) string { v, _ := env(name); return v }
	if get(oldKey) == "" {
		return fmt.Errorf("rotate-key needs the key to replace in %s", oldKey)
	}
	outputs, err := stackOutputs(ctx, *stack)
	if err != nil {
		return err
	}
	client, err := dynamo.NewClient(get, nil)
	if err != nil {
		return fmt.Errorf("%w (export your credentials first: eval \"$(aws configure export-credentials --format env)\")", err)
	}
	return rotate(ctx, dynamo.New(client, outputs["TableName"], dynamo.Options{}), get(oldKey), out)
}

// keys is where credentials are kept; part of port.Accounts.
type keys interface {
	httpapi.Credentials
	PutCredential(ctx context.Context, c port.Credential) error
	DeleteCredential(ctx context.Context, hash string) error
}

// rotate makes a new key for the workspace of an old one, prints it, and only
// then ends the old one, with all sessions and open consents it began. Killed
// in between, the old key still works and the command is run again.
func rotate(ctx context.Context, store keys, old string, out io.Writer) error {
	now := time.Now().UTC()
	c, err := httpapi.Known(ctx, store, old, now)
	if err != nil || c.Kind != httpapi.KindOwner {
		return errors.Join(fmt.Errorf("%s is no owner's key of this stack", oldKey), err)
	}
	key := "mso_" + random(32)
	next := c
	next.Hash, next.CreatedAt = httpapi.HashKey(key), now
	if err := store.PutCredential(ctx, next); err != nil {
		return fmt.Errorf("store the new key: %w", err)
	}
	if _, err := fmt.Fprintf(out, "%s\n\nThis is the owner's new key. It is shown this once; keep it like a password.\n", key); err != nil {
		return err
	}
	if err := store.DeleteCredential(ctx, c.Hash); err != nil {
		return fmt.Errorf("the new key works, but the old one could not be ended; run this again with the old one: %w", err)
	}
	_, err = fmt.Fprintln(out, "The old key and every session made from it have ended.")
	return err
}
