package command

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/secretlife-go/secretlife"
)

// kmsFlags say which KMS keys there are.
type kmsFlags struct {
	KMSKeys string `name:"kms-keys" placeholder:"FILE" help:"Which KMS keys there are: a JSON object of ARNs of keys and aliases, each with its state: \"Enabled\", \"Disabled\", \"PendingDeletion\", or \"AccessDenied\" for one that callers must not use. Secrets with other keys are refused as AWS does. The file is read each time a key is used. Without it every key can be used."`
}

// kmsStates are the states of a key in the file: those of KMS that say why a key can't be
// used, and AccessDenied.
var kmsStates = map[string]error{
	"Enabled":         nil,
	"Disabled":        secretlife.ErrKMSKeyDisabled,
	"PendingDeletion": secretlife.ErrKMSKeyPendingDeletion,
	"AccessDenied":    secretlife.ErrKMSAccessDenied,
}

// checkKMSKey returns [secretlife.Emulate].CheckKMSKey. The error is of a file that is wrong now.
func (f kmsFlags) checkKMSKey() (func(context.Context, string) error, error) {
	if f.KMSKeys == "" {
		return nil, nil
	}
	_, err := readKMSKeys(f.KMSKeys)
	return func(_ context.Context, keyARN string) error {
		keys, err := readKMSKeys(f.KMSKeys)
		if err != nil {
			return err
		}
		state, known := keys[keyARN]
		if !known {
			return secretlife.ErrKMSKeyNotFound
		}
		return kmsStates[state]
	}, err
}

// readKMSKeys reads the states of keys from a file:
//
//	{
//	  "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab": "Enabled",
//	  "arn:aws:kms:us-east-1:123456789012:alias/app": "PendingDeletion"
//	}
func readKMSKeys(path string) (map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--kms-keys: %w", err)
	}
	var keys map[string]string
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&keys); err != nil || d.More() {
		return nil, fmt.Errorf("--kms-keys %s: it is not a JSON object of ARNs and states", path)
	}
	for arn, state := range keys {
		if parts := strings.SplitN(arn, ":", 6); len(parts) < 6 || parts[0] != "arn" || parts[2] != "kms" ||
			!strings.HasPrefix(parts[5], "key/") && !strings.HasPrefix(parts[5], "alias/") {
			return nil, fmt.Errorf("--kms-keys %s: %q is not the ARN of a KMS key or of an alias", path, arn)
		}
		if _, known := kmsStates[state]; !known {
			return nil, fmt.Errorf(
				"--kms-keys %s: %s: the state is Enabled, Disabled, PendingDeletion or AccessDenied, not %q", path, arn, state,
			)
		}
	}
	return keys, nil
}
