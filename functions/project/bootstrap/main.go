// Command bootstrap is the project function as Lambda runs it.
package main

import "github.com/manystall/manystall/infra/wire"

func main() { wire.Start(wire.Project) }
