package proxy

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rawPath sends a request line exactly as given, which net/http would mend.
func (e *edge) rawPath(t testing.TB, method, path, host string) reply {
	t.Helper()
	return e.raw(t, method, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
}

// raw sends bytes and reads one response to them.
func (e *edge) raw(t testing.TB, method, request string) reply {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}
