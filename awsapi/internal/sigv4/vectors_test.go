package sigv4

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The access key, the time and the scope of AWS's test suite for signers, and
// the session tokens in it.
const (
	vectorKey   = "AKIDEXAMPLE"
	vectorToken = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	getToken    = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"
)

var vectorTime = time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC)

// vectors are what aws-signing-test-suite/v4 of awslabs/aws-c-auth says of
// requests for the path "/" without a query string: 14 of its 38. A "|" stands
// for the end of a line.
var vectors = []struct {
	name, method, headers, body string
	signed, sum                 string
	token                       string // of the key
	refused                     string
}{
	{"get-vanilla-with-session-token", "GET", "X-Amz-Security-Token:" + getToken, "",
		"host;x-amz-date;x-amz-security-token", "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
		getToken, ""},
	{"get-vanilla", "GET", "", "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
		"", ""},
	{"get-header-key-duplicate", "GET", "My-Header1:value2|My-Header1:value2|My-Header1:value1", "",
		"host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", "", ""},
	{"get-header-value-multiline", "GET", "My-Header1:value1|  value2|     value3", "", "host;my-header1;x-amz-date",
		"cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd", "", ""},
	{"get-header-value-order", "GET", "My-Header1:value4|My-Header1:value1|My-Header1:value3|My-Header1:value2", "",
		"host;my-header1;x-amz-date", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01", "", ""},
	{"get-header-value-trim", "GET", `My-Header1: value1|My-Header2: "a   b   c"`, "",
		"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", "", ""},
	{"post-vanilla", "POST", "", "", "host;x-amz-date",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "", ""},
	{"post-header-key-case", "POST", "", "", "host;x-amz-date",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", "", ""},
	{"post-header-key-sort", "POST", "My-Header1:value1", "", "host;my-header1;x-amz-date",
		"c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c", "", ""},
	{"post-header-value-case", "POST", "My-Header1:VALUE1", "", "host;my-header1;x-amz-date",
		"cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d", "", ""},
	{"post-sts-header-before", "POST", "X-Amz-Security-Token:" + vectorToken, "", "host;x-amz-date;x-amz-security-token",
		"85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead", vectorToken, ""},
	{"post-sts-header-after", "POST", "X-Amz-Security-Token:" + vectorToken, "", "host;x-amz-date",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", vectorToken, "a header of AWS's is not signed"},
	{"post-x-www-form-urlencoded", "POST",
		"Content-Type:application/x-www-form-urlencoded|Content-Length:13|x-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1", "content-length;content-type;host;x-amz-content-sha256;x-amz-date", "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b", "", ""},
	{"post-x-www-form-urlencoded-parameters", "POST",
		"Content-Type:application/x-www-form-urlencoded; " +
			"charset=utf-8|Content-Length:13|x-amz-content-sha256:9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e", "Param1=value1", "content-length;content-type;host;x-amz-content-sha256;x-amz-date", "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422", "", ""},
}

func TestVectors(t *testing.T) {
	for _, c := range vectors {
		t.Run(c.name, func(t *testing.T) {
			head := c.method + " / HTTP/1.1\nHost:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n"
			if c.headers != "" {
				head += strings.ReplaceAll(c.headers, "|", "\n") + "\n"
			}
			head += "Authorization:AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, " +
				"SignedHeaders=" + c.signed + ", Signature=" + c.sum + "\n\n"
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + c.body)))
			require.NoError(t, err)
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			v := Verifier{Service: "service", Account: "123456789012", Now: func() time.Time { return vectorTime },
				Keys: func(id string) (Key, bool) {
					return Key{SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", SessionToken: c.token}, id == vectorKey
				}}
			claim, err := v.Read(r)
			if c.refused != "" {
				var e *Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, c.refused, e.Reason)
				return
			}
			require.NoError(t, err)
			i, err := claim.Verify(body)
			require.NoError(t, err)
			require.True(t, i.Verified())
			require.Equal(t, "us-east-1", i.Region().String())
			require.Equal(t, "123456789012", i.Account().String())
			require.Equal(t, vectorKey, i.AccessKeyID())
			_, err = claim.Verify(append(body, ' '))
			require.Error(t, err)
		})
	}
}
