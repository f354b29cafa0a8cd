package e2e

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// sdkFiles is where the SDKs are pinned and driven from: package.json and sign.mjs.
const sdkFiles = "sdk"

// installSDKs installs what package-lock.json names, once per lockfile, in the
// user's cache, and returns the node_modules. Another process that installs
// the same is waited for.
func installSDKs(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: the SDKs of the providers need Node.js 20.10 or later, with npm", tool)
		}
	}
	dir := sdkCache(t)
	defer lockFile(t, dir+".lock").Close()
	done := filepath.Join(dir, "installed")
	if _, err := os.Stat(done); err == nil {
		return filepath.Join(dir, "node_modules")
	}
	copyFiles(t, dir, "package.json", "package-lock.json", ".npmrc")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s: %v\n%s", dir, err, out)
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}

// sdkCache makes the folder for the lockfile that there is now.
func sdkCache(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(sdkFiles, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "caddy-webhook-gateway", fmt.Sprintf("sdk-%x", sum[:8]))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// lockFile waits for the lock, which ends when the file is closed.
func lockFile(t *testing.T, name string) io.Closer {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return f
}

func copyFiles(t *testing.T, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(sdkFiles, filepath.Base(name)))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sdks is a running sign.mjs.
type sdks struct {
	in  io.Writer
	out *bufio.Reader
}

// startSDKs starts sign.mjs beside the SDKs; it ends with the test.
func startSDKs(t *testing.T) *sdks {
	t.Helper()
	dir := t.TempDir()
	modules, err := filepath.Glob(filepath.Join(sdkFiles, "*.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	copyFiles(t, dir, modules...)
	if err := os.Symlink(installSDKs(t), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", filepath.Join(dir, "sign.mjs"))
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := node.Wait(); err != nil {
			t.Errorf("sign.mjs: %v", err)
		}
	})
	return &sdks{in, bufio.NewReader(out)}
}

// ask sends an operation and reads its answer.
func (s *sdks) ask(t *testing.T, question, answer any) {
	t.Helper()
	line, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
	if line, err = s.out.ReadBytes('\n'); err != nil {
		t.Fatalf("sign.mjs: %v", err)
	}
	var failure struct{ Failed string }
	if err := json.Unmarshal(line, &failure); err != nil || failure.Failed != "" {
		t.Fatalf("sign.mjs: %v %s", err, failure.Failed)
	}
	if err := json.Unmarshal(line, answer); err != nil {
		t.Fatal(err)
	}
}
