// Command bootstrap is the webhook function as Lambda runs it.
package main

import (
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/infra/wire/webhook"
)

func main() { wire.Start(webhook.New) }
