package photos

const (
	tileSide = 512 // of the noise tiles; a power of two, they repeat seamlessly
	tileMask = tileSide - 1
)

// tiles are the textures that all photos share.
type tiles struct {
	grain []int8  // film grain: bell-shaped, around zero
	cloud []uint8 // soft structures at several scales
}

func newTiles(seed uint64) *tiles {
	return &tiles{
		grain: grainTile(newDice(seed, ^uint64(0))),
		cloud: cloudTile(newDice(seed, ^uint64(1))),
	}
}

// grainTile sums dice for a bell shape and smears it a little, because a
// sensor's grain is not white noise.
func grainTile(d dice) []int8 {
	raw := make([]int, tileSide*tileSide)
	for i := range raw {
		v := d.r.Uint32()
		raw[i] = int(v&255) + int(v>>8&255) + int(v>>16&255) + int(v>>24) - 510
	}
	out := make([]int8, len(raw))
	for i := range out {
		x, y := i&tileMask, i&^tileMask
		right, below := raw[y|(x+1)&tileMask], raw[(i+tileSide)&(tileSide*tileSide-1)]
		out[i] = int8(min(max((3*raw[i]+right+below)/14, -127), 127))
	}
	return out
}

// cloudTile adds value noise of five octaves.
func cloudTile(d dice) []uint8 {
	sum := make([]int, tileSide*tileSide)
	for cell, weight := tileSide/4, 128; cell >= 8; cell, weight = cell/2, weight/2 {
		n := tileSide / cell
		lattice := make([]int, n*n)
		for i := range lattice {
			lattice[i] = d.between(0, 255)
		}
		for i := range sum {
			x, y := i&tileMask, i/tileSide
			cx, cy, fx, fy := x/cell, y/cell, ease(x%cell*256/cell), ease(y%cell*256/cell)
			right, below := (cx+1)%n, (cy+1)%n*n
			top := lattice[cy*n+cx]*(256-fx) + lattice[cy*n+right]*fx
			bottom := lattice[below+cx]*(256-fx) + lattice[below+right]*fx
			sum[i] += (top*(256-fy) + bottom*fy) >> 16 * weight
		}
	}
	out := make([]uint8, len(sum))
	for i, s := range sum {
		out[i] = uint8(min(max((s>>8-40)*255/175, 0), 255))
	}
	return out
}

// ease makes the way from 0 to 256 start and end gently.
func ease(f int) int { return f * f * (768 - 2*f) >> 16 }

// clouds lays cloud over the rows down to bottom (thousandths). scale is
// the length of a tile in thousandths of the width, threshold how much of the
// noise stays clear sky (0…255); flat squeezes the clouds towards the horizon.
func (c *canvas) clouds(tl *tiles, d dice, bottom, scale, threshold, flat int, t tone, alpha int) {
	ox, oy := d.between(0, tileMask), d.between(0, tileMask)
	step := tileSide * 1000 << 8 / (scale * c.w) // tile samples per pixel, << 8
	end := min(bottom*c.h/1000, c.h)
	for row := range end {
		v := oy<<8 + row*step*flat
		fade := min((end-row)*4*256/end, 256) * alpha >> 8
		for col := range c.w {
			n := tl.cloudAt(ox<<8+col*step, v) - threshold
			if n > 0 {
				c.blend(row*c.w+col, t, int32(min(n*4, 256)*fade>>8))
			}
		}
	}
}

// cloudAt is the cloud between four samples; u and v have 8 fractional bits.
func (tl *tiles) cloudAt(u, v int) int {
	x, y, fx, fy := u>>8&tileMask, v>>8&tileMask*tileSide, u&255, v&255
	right, below := (x+1)&tileMask, (y+tileSide)&(tileSide*tileSide-1)
	top := int(tl.cloud[y|x])*(256-fx) + int(tl.cloud[y|right])*fx
	bottom := int(tl.cloud[below|x])*(256-fx) + int(tl.cloud[below|right])*fx
	return (top*(256-fy) + bottom*fy) >> 16
}
