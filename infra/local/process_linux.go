package local

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends a function with the runner, however that ends.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
