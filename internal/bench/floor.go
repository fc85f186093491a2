package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// floorCommand has this program be the floor.
const floorCommand = "floor"

// serveFloor serves the least that a handler of these requests can do, until the context is done.
func serveFloor(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	context.AfterFunc(ctx, func() { _ = l.Close() })
	_ = http.Serve(l, http.HandlerFunc(floor))
	return nil
}

// The bodies on the wire, as the API reference has them: requests with the members that are sent
// here.
type (
	floorRequest struct {
		SecretId, Name, ClientRequestToken, SecretString string
		RecoveryWindowInDays                             *int64
		SecretIdList                                     []string
		MaxResults                                       *int64
	}
	floorNamed  struct{ ARN, Name string }
	floorWrite  struct{ ARN, Name, VersionId string }
	floorDelete struct {
		ARN, Name    string
		DeletionDate float64
	}
	floorPut struct {
		ARN, Name, VersionId string
		VersionStages        []string
	}
	floorValue struct {
		ARN, Name, VersionId, SecretString string
		VersionStages                      []string
		CreatedDate                        float64
	}
	floorBatch struct {
		SecretValues []floorValue
		Errors       []string
	}
	floorSecret struct {
		ARN, Name                                      string
		CreatedDate, LastChangedDate, LastAccessedDate float64
		VersionIdsToStages, SecretVersionsToStages     map[string][]string `json:",omitempty"`
	}
	floorList struct {
		SecretList []floorSecret
		NextToken  string
	}
)

const (
	floorDate    = 1767323045.123
	floorVersion = "00000000-0000-4000-8000-000000000000"
)

func floorARN(name string) string {
	return "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + name + "-AbCdEf"
}

func floorOne(name string) floorValue {
	return floorValue{
		ARN: floorARN(name), Name: name, VersionId: floorVersion, SecretString: wireValue,
		VersionStages: []string{"AWSCURRENT"}, CreatedDate: floorDate,
	}
}

// floor decodes a request and encodes the answer to it.
func floor(w http.ResponseWriter, r *http.Request) {
	var in floorRequest
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := json.Marshal(floorAnswer(strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager."), in))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", floorVersion)
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	_, _ = w.Write(out)
}

func floorAnswer(operation string, in floorRequest) any {
	arn := floorARN(in.SecretId)
	stages := map[string][]string{floorVersion: {"AWSCURRENT"}}
	switch operation {
	case "CreateSecret":
		return floorWrite{floorARN(in.Name), in.Name, in.ClientRequestToken}
	case "DeleteSecret":
		return floorDelete{arn, in.SecretId, floorDate}
	case "PutSecretValue":
		return floorPut{arn, in.SecretId, in.ClientRequestToken, []string{"AWSCURRENT"}}
	case "GetSecretValue":
		return floorOne(in.SecretId)
	case "BatchGetSecretValue":
		out := floorBatch{Errors: []string{}}
		for _, id := range in.SecretIdList {
			out.SecretValues = append(out.SecretValues, floorOne(id))
		}
		return out
	case "DescribeSecret":
		return floorSecret{
			ARN: arn, Name: in.SecretId, CreatedDate: floorDate, LastChangedDate: floorDate, LastAccessedDate: floorDate,
			VersionIdsToStages: stages,
		}
	case "ListSecrets":
		out := floorList{NextToken: strings.Repeat("x", 100)}
		for i := range *in.MaxResults {
			name := wireName(int(i))
			out.SecretList = append(out.SecretList, floorSecret{
				ARN: floorARN(name), Name: name, CreatedDate: floorDate, LastChangedDate: floorDate,
				LastAccessedDate: floorDate, SecretVersionsToStages: map[string][]string{floorVersion: {"AWSCURRENT"}},
			})
		}
		return out
	}
	return floorNamed{arn, in.SecretId} // RestoreSecret
}
