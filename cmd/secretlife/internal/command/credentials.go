package command

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"gopkg.in/ini.v1"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
)

// keys are the credentials of a file. They are read again when the file changes,
// which is looked for at most once a second. A file that is missing or wrong
// leaves the keys as they were. It is safe for concurrent use.
type keys struct {
	path string
	log  *slog.Logger
	now  func() time.Time

	mu     sync.Mutex
	known  map[string]awsapi.Credential
	looked time.Time
	seen   os.FileInfo // when it was last read; nil where it was missing
}

// lookEvery is how often a change of the file is looked for.
const lookEvery = time.Second

func openKeys(path string, log *slog.Logger, now func() time.Time) (*keys, error) {
	k := &keys{path: path, log: log, now: now}
	return k, k.reload()
}

// find returns the credential of an access key.
func (k *keys) find(accessKeyID string) (awsapi.Credential, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.looked).Abs() >= lookEvery {
		k.looked = now
		k.look()
	}
	c, ok := k.known[accessKeyID]
	return c, ok
}

// look reads the file again if it changed.
func (k *keys) look() {
	info, err := os.Stat(k.path)
	if err != nil {
		info = nil
	}
	switch {
	case info == nil && k.seen == nil:
		return
	case info != nil && k.seen != nil && os.SameFile(info, k.seen) && info.ModTime().Equal(k.seen.ModTime()) &&
		info.Size() == k.seen.Size():
		return
	}
	if err := k.read(); err != nil {
		k.log.Error("the credentials could not be read again; the previous keys stay in use", "error", err)
		return
	}
	k.log.Info("the credentials changed and were read again", "file", k.path, "keys", len(k.known))
}

// reload reads the file again, whether or not it changed.
func (k *keys) reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read()
}

func (k *keys) read() error {
	// Before it is read: what changes meanwhile is seen as a change.
	k.seen, _ = os.Stat(k.path)
	k.looked = k.now()
	known, err := readCredentials(k.path, k.log)
	if err == nil {
		k.known = known
	}
	return err
}

// readCredentials reads a file in the form of AWS's shared credentials:
//
//	[ci]
//	aws_access_key_id = AKIDEXAMPLE
//	aws_secret_access_key = wJalr…
//	aws_session_token = …           # if requests must have it
//	aws_account_id = 123456789012   # if not the server's
//
// Errors name the file and the profile, and never show what is secret.
func readCredentials(path string, log *slog.Logger) (map[string]awsapi.Credential, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("--credentials: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		log.Warn("others than its owner may read the credentials", "file", path, "mode", info.Mode().Perm().String())
	}
	file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, path)
	if err != nil { // its text repeats what it could not read
		return nil, fmt.Errorf("--credentials %s: it is not a file of AWS credentials: [profile] and name = value lines",
			path)
	}
	out := map[string]awsapi.Credential{}
	for _, profile := range file.Sections() {
		if len(profile.Keys()) == 0 {
			continue
		}
		id, c, err := readProfile(profile)
		if err == nil {
			if _, twice := out[id]; twice {
				err = errors.New("its aws_access_key_id is that of another profile")
			}
		}
		if err != nil {
			return nil, fmt.Errorf("--credentials %s, profile %q: %w", path, profile.Name(), err)
		}
		out[id] = c
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--credentials %s: there is no profile in it", path)
	}
	return out, nil
}

func readProfile(profile *ini.Section) (string, awsapi.Credential, error) {
	value := func(name string) string { return profile.Key(name).String() }
	id := value("aws_access_key_id")
	c := awsapi.Credential{SecretAccessKey: value("aws_secret_access_key"), SessionToken: value("aws_session_token"),
		Account: value("aws_account_id")}
	switch {
	case id == "":
		return "", c, errors.New("aws_access_key_id is missing")
	case c.SecretAccessKey == "":
		return "", c, errors.New("aws_secret_access_key is missing")
	}
	if c.Account != "" {
		if _, err := secretlife.ParseAccount(c.Account); err != nil {
			return "", c, errors.New("aws_account_id must have twelve digits")
		}
	}
	return id, c, nil
}
