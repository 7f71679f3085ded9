package photos

import "math/bits"

// Shapes take subpixels. Edges are smoothed: near the edge of a circle of
// radius r, (r²-d²)/2r is the distance from it, and needs no root.

// glow is light around a point that fades towards the radius.
func (c *canvas) glow(x, y, r int, t tone, alpha int) {
	if r <= 0 {
		return
	}
	left, top, right, bottom := c.box(x-r, y-r, x+r, y+r)
	rr := int64(r) * int64(r)
	scale := rr>>16 + 1
	for row := top; row < bottom; row++ {
		dy := int64(row<<subBits + 128 - y)
		for col := left; col < right; col++ {
			dx := int64(col<<subBits + 128 - x)
			if d := rr - dx*dx - dy*dy; d > 0 {
				f := d / scale // 0 … 65535
				c.blend(row*c.w+col, t, int32(f*f>>16*int64(alpha)>>16))
			}
		}
	}
}

// disc is a circle. softness is the width of its edge in subpixels; 0 is sharp.
func (c *canvas) disc(x, y, r, softness int, t tone, alpha int) {
	c.capsule(x, y, x, y, r, softness, t, alpha)
}

// bokeh is a point of light out of focus: a disc with a brighter rim.
func (c *canvas) bokeh(x, y, r int, t tone, alpha int) {
	c.disc(x, y, r, r/8, t, alpha*3/5)
	left, top, right, bottom := c.box(x-r, y-r, x+r, y+r)
	rr, inner := int64(r)*int64(r), int64(r)*int64(r)*3/4
	for row := top; row < bottom; row++ {
		dy := int64(row<<subBits + 128 - y)
		for col := left; col < right; col++ {
			dx := int64(col<<subBits + 128 - x)
			if d := dx*dx + dy*dy; d > inner && d < rr {
				q := (d - inner) << 10 / (rr - inner) // 0 … 1024 across the rim
				c.blend(row*c.w+col, t, int32(int64(alpha)*(q*(1024-q)>>9)>>9))
			}
		}
	}
}

// capsule is a line with round ends, r thick to each side.
func (c *canvas) capsule(x0, y0, x1, y1, r, softness int, t tone, alpha int) {
	if r <= 0 {
		return
	}
	edge := int64(max(softness, 1<<subBits))
	reach := r + int(edge)
	left, top, right, bottom := c.box(min(x0, x1)-reach, min(y0, y1)-reach, max(x0, x1)+reach, max(y0, y1)+reach)
	vx, vy := int64(x1-x0), int64(y1-y0)
	length := vx*vx + vy*vy
	rr, twice := int64(r)*int64(r), 2*int64(r)
	for row := top; row < bottom; row++ {
		for col := left; col < right; col++ {
			dx, dy := int64(col<<subBits+128-x0), int64(row<<subBits+128-y0)
			if along := dx*vx + dy*vy; along > 0 && length > 0 {
				along = min(along<<10/length, 1<<10)
				dx, dy = dx-along*vx>>10, dy-along*vy>>10
			}
			cover := ((rr-dx*dx-dy*dy)/twice + edge/2) * opaque / edge
			if cover > 0 {
				c.blend(row*c.w+col, t, int32(int64(alpha)*min(cover, opaque)>>8))
			}
		}
	}
}

// point is a corner of a polygon, in subpixels.
type point struct{ x, y int }

// convex fills a convex polygon, given clockwise on the screen.
func (c *canvas) convex(t tone, alpha int, corners ...point) {
	x0, y0, x1, y1 := corners[0].x, corners[0].y, corners[0].x, corners[0].y
	type edge struct{ x, y, nx, ny int64 } // a corner and the inward normal, 1 << 12 long
	edges := make([]edge, 0, 8)
	for i, p := range corners {
		q := corners[(i+1)%len(corners)]
		x0, y0, x1, y1 = min(x0, p.x), min(y0, p.y), max(x1, p.x), max(y1, p.y)
		dx, dy := int64(q.x-p.x), int64(q.y-p.y)
		length := max(root(dx*dx+dy*dy), 1)
		edges = append(edges, edge{int64(p.x), int64(p.y), -dy << 12 / length, dx << 12 / length})
	}
	left, top, right, bottom := c.box(x0-256, y0-256, x1+256, y1+256)
	for row := top; row < bottom; row++ {
		for col := left; col < right; col++ {
			x, y := int64(col<<subBits+128), int64(row<<subBits+128)
			cover := int64(opaque)
			for _, e := range edges {
				cover = min(cover, ((x-e.x)*e.nx+(y-e.y)*e.ny)>>12+opaque/2)
			}
			if cover > 0 {
				c.blend(row*c.w+col, t, int32(int64(alpha)*cover>>8))
			}
		}
	}
}

// rect fills an upright rectangle.
func (c *canvas) rect(x0, y0, x1, y1 int, t tone, alpha int) {
	left, top, right, bottom := max(x0>>subBits, 0), max(y0>>subBits, 0), min(x1>>subBits, c.w), min(y1>>subBits, c.h)
	for row := top; row < bottom; row++ {
		for col := left; col < right; col++ {
			c.blend(row*c.w+col, t, int32(alpha))
		}
	}
}

// slip is a rectangle turned by an angle, such as a piece of confetti.
func (c *canvas) slip(x, y, halfW, halfH, angle int, t tone, alpha int) {
	s, k := sine(angle), sine(angle+quarterTurn)
	ax, ay := halfW*k>>12, halfW*s>>12
	bx, by := -halfH*s>>12, halfH*k>>12
	c.convex(t, alpha,
		point{x - ax - bx, y - ay - by}, point{x + ax - bx, y + ay - by},
		point{x + ax + bx, y + ay + by}, point{x - ax + bx, y - ay + by})
}

// beam is a cone of light that falls from a lamp at x, y and leans by lean
// subpixels on its way down to bottom, where it is 2*spread wide.
func (c *canvas) beam(x, y, lean, spread, bottom int, t tone, alpha int) {
	length := int64(max(bottom-y, 1))
	for row := max(y>>subBits, 0); row < min(bottom>>subBits, c.h); row++ {
		along := int64(row<<subBits - y)
		centre := int64(x) + int64(lean)*along/length
		half := max(int64(spread)*along/length, 512)
		fade := int64(alpha) * (length - along) / length
		left, right := max((centre-half)>>subBits, 0), min((centre+half)>>subBits, int64(c.w))
		for col := left; col < right; col++ {
			d := (col<<subBits - centre) << 8 / half // -256 … 256
			f := 65536 - d*d
			c.blend(row*c.w+int(col), t, int32(f*f>>16*fade>>16))
		}
	}
}

const (
	fullTurn    = 1024
	quarterTurn = fullTurn / 4
)

// sine is the sine of an angle in 1024ths of a turn, times 1 << 12, by
// Bhaskara's approximation (within 0.2 %).
func sine(angle int) int {
	angle &= fullTurn - 1
	sign := 1
	if angle >= fullTurn/2 {
		angle, sign = angle-fullTurn/2, -1
	}
	p := angle * (fullTurn/2 - angle)
	return sign * (p << 14) / (5*(fullTurn/4)*(fullTurn/4) - p)
}

// root is the integer square root.
func root(n int64) int64 {
	if n < 2 {
		return n
	}
	x := int64(1) << ((bits.Len64(uint64(n)) + 1) / 2)
	for {
		y := (x + n/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}
