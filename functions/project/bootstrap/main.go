// Command bootstrap is the project function as Lambda runs it.
package main

import (
	"github.com/manystall/manystall/infra/wire"
	"github.com/manystall/manystall/infra/wire/worker"
)

func main() { wire.Start(worker.Project) }
