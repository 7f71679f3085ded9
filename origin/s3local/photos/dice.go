package photos

import "math/rand/v2"

// dice makes the choices of one photo. Its stream depends on the seed and the
// photo's number alone, so the order in which photos are made does not matter.
type dice struct{ r *rand.Rand }

func newDice(seed, stream uint64) dice { return dice{rand.New(rand.NewPCG(seed, stream))} }

// between is a number from a to b, both included.
func (d dice) between(a, b int) int { return a + d.r.IntN(b-a+1) }

// around is a number near zero, at most n away, more often closer.
func (d dice) around(n int) int { return (d.between(-n, n) + d.between(-n, n)) / 2 }

// oneIn is true once in n times.
func (d dice) oneIn(n int) bool { return d.r.IntN(n) == 0 }

// oneOf picks one.
func oneOf[T any](d dice, from ...T) T { return from[d.r.IntN(len(from))] }
