package postgres_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// start runs a server of its own from the packages of Debian, on a socket in a temporary folder; it ends with the test.
func start(t *testing.T) (dsn string, ok bool) {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", false
	}
	bin := filepath.Dir(slices.Max(found))
	// Not t.TempDir, whose parents only we may enter: the server runs as somebody else.
	dir, err := os.MkdirTemp("", "entrain-postgres-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	attr := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(t.Context(), filepath.Join(bin, "initdb"), "-D", data, "-U", "entrain", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	run(t, attr, filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	return "host=" + dir + " user=entrain dbname=postgres", true
}

// unprivileged gives dir to a user who may run PostgreSQL, which refuses root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() != 0 {
		return attr
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, uerr := strconv.Atoi(who.Uid)
	gid, gerr := strconv.Atoi(who.Gid)
	if uerr != nil || gerr != nil {
		t.Fatalf("user postgres has ids %s and %s", who.Uid, who.Gid)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr
}

// run starts a server and waits until it says that it is ready. It dies with this process, also when that is killed.
func run(t *testing.T, attr *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.SysProcAttr = "/", attr
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	started, ready, ended := make(chan error), make(chan string, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// Pdeathsig belongs to the thread that starts the process, which so must not end before it.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		var said strings.Builder
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if said.Len() < 10_000 {
				fmt.Fprintln(&said, lines.Text())
			}
			if strings.Contains(lines.Text(), "ready to accept connections") {
				ready <- ""
			}
		}
		select {
		case ready <- said.String():
		default:
		}
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown
		<-ended
	})
	if said := <-ready; said != "" {
		t.Fatalf("PostgreSQL did not start:\n%s", said)
	}
}
