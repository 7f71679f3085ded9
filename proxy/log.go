package proxy

import (
	"log/slog"

	"photoedge/origin"
)

// The names of log attributes are the design's words; they are set here only.

func slogKey(key string) slog.Attr     { return slog.String("key", key) }
func slogSite(site string) slog.Attr   { return slog.String("site", site) }
func slogKind(k origin.Kind) slog.Attr { return slog.String("kind", k.String()) }
func slogError(err error) slog.Attr    { return slog.Any("error", err) }

// levelOf: what an operator must mend is an error; what passes is a warning.
func levelOf(k origin.Kind) slog.Level {
	switch k {
	case origin.KindDenied:
		return slog.LevelError
	case origin.KindCanceled, origin.KindNotFound:
		return slog.LevelDebug
	default:
		return slog.LevelWarn
	}
}
