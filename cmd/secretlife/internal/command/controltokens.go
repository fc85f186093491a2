package command

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/secretlife-go/secretlife/awsapi"
)

// controlAccess decides who may make control calls.
func (s serve) controlAccess(again *reloads, log *slog.Logger) (awsapi.ControlAccess, error) {
	file := s.ControlTokenFile
	_, unix := s.unixSocket()
	switch path, isSQLite := strings.CutPrefix(s.Store, "sqlite:"); {
	case file != "":
	case unix: // which is for its owner only
		return awsapi.ControlForAll(), nil
	case s.Credentials == "":
		return awsapi.ControlAccess{}, nil
	case isSQLite:
		file = path + ".control-token"
	case s.ControlAddr != "":
		return awsapi.ControlAccess{}, fmt.Errorf("--control-addr %s needs --control-token-file FILE, which is made, "+
			"with --credentials and this store", s.ControlAddr)
	default:
		log.Info("control calls are not served: with --credentials and this store " +
			"they need --control-token-file FILE, which is made")
		return awsapi.ControlForNobody(), nil
	}
	made, err := makeControlTokens(file)
	if err != nil {
		return awsapi.ControlAccess{}, fmt.Errorf("--control-token-file: %w", err)
	}
	if made {
		log.Info("made a control token", "file", file)
	}
	var tokens atomic.Pointer[awsapi.ControlTokens]
	read := func() error {
		t, err := readControlTokens(file)
		if err != nil {
			return fmt.Errorf("--control-token-file %s: %w", file, err)
		}
		tokens.Store(&t)
		return nil
	}
	again.add("control tokens", read)
	return awsapi.ControlForTokens(func() awsapi.ControlTokens { return *tokens.Load() }), read()
}

// makeControlTokens makes a file with one token for all control calls if there is
// none. It is there whole or not at all.
func makeControlTokens(path string) (made bool, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	err = writeWhole(path, []byte(rand.Text()+" all\n"), 0o600, false)
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return false, nil
	}
	return err == nil, err
}

// readControlTokens reads a file of tokens, which must be its owner's alone.
func readControlTokens(path string) (awsapi.ControlTokens, error) {
	f, err := os.Open(path)
	if err != nil {
		return awsapi.ControlTokens{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return awsapi.ControlTokens{}, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		err := fmt.Errorf("others than its owner may use it (%s): chmod 600 it", info.Mode().Perm())
		return awsapi.ControlTokens{}, err
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return awsapi.ControlTokens{}, err
	}
	return awsapi.ParseControlTokens(string(text))
}
