package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// grace is how long a program may take to end after it was asked to.
const grace = 20 * time.Second

// child is a program that the demo started.
type child struct {
	name string
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
	err  error // how it ended, valid after done is closed
}

// start starts a program of the bin folder; what it prints goes to a log file. It gets a process group of its own, so that
// Ctrl-C reaches only the demo, which then ends everything in order.
func (d *demo) start(name string, env []string, args ...string) (*child, error) {
	log, err := os.Create(filepath.Join(d.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	// Its end is ordered by stop, not by a context.
	cmd := exec.Command(filepath.Join(d.bin, name), args...) //nolint:noctx // see above
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), log.Close())
	}
	c := &child{name: name, cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	d.children = append(d.children, c)
	return c, nil
}

// ended reports whether the program ended by itself, which it should not.
func (c *child) ended() error {
	select {
	case <-c.done:
		return fmt.Errorf("%s ended by itself (%s); see %s", c.name, c.cmd.ProcessState, c.log.Name())
	default:
		return nil
	}
}

// stop asks the program to end, and kills it when it does not.
func (c *child) stop() error {
	defer func() { _ = c.log.Close() }()
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-timer.C:
		_ = c.cmd.Process.Kill()
		<-c.done
		return fmt.Errorf("%s did not end within %s and was killed", c.name, grace)
	}
}
