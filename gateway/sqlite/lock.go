package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockPatience is how long Open waits for another process to end.
const lockPatience = 2 * time.Second

// ErrLocked is another process that has the store open.
var ErrLocked = errors.New("store is open in another process")

// lock takes the lock of the store at path, by a file beside it that names its
// holder. The file stays; a process that dies gives the lock back.
func lock(path string) (*flock.Flock, error) {
	name := path + ".lock"
	l := flock.New(name, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	ok, err := l.TryLockContext(ctx, 50*time.Millisecond)
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, fmt.Errorf("%s: %w, %s", path, ErrLocked, holder(name))
		}
		return nil, err
	}
	if err := os.WriteFile(name, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func holder(name string) string {
	pid, err := os.ReadFile(name)
	if err != nil || len(pid) == 0 {
		return "whose id is not known"
	}
	return "pid " + strings.TrimSpace(string(pid))
}
