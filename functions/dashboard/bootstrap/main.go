// Command bootstrap is the dashboard function as Lambda runs it.
package main

import (
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/infra/wire/dashboard"
)

func main() { wire.Start(dashboard.New) }
