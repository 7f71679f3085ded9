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
func (e *edge) rawPath(tb testing.TB, method, path, host string) reply {
	tb.Helper()
	return e.raw(tb, method, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
}

// raw sends bytes and reads one response to them.
func (e *edge) raw(tb testing.TB, method, request string) reply {
	tb.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	require.NoError(tb, err)
	defer conn.Close()
	require.NoError(tb, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(conn, request)
	require.NoError(tb, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(tb, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}
