package photos

// figure is a person as a silhouette: where the feet are and the height, in
// subpixels, and what they wear.
type figure struct {
	x, foot, h   int
	body, shirt  tone // skin and cloth
	hair, shorts tone
	stride, turn int // of a runner: phase in 1024ths of a turn, and 1 or -1
}

// limb is a line from a point by per cent of the figure's height.
func (f *figure) limb(c *canvas, from point, dx, dy, thick int, t tone) point {
	to := point{from.x + f.turn*f.h*dx/100, from.y + f.h*dy/100}
	c.capsule(from.x, from.y, to.x, to.y, max(f.h*thick/1000, 150), 0, t, opaque)
	return to
}

// run paints a runner in full stride.
func (f *figure) run(c *canvas) {
	s, k := sine(f.stride), sine(f.stride+quarterTurn)
	hip := point{f.x, f.foot - f.h*48/100 - f.h*k/4096*2/100}
	neck := point{f.x + f.turn*f.h*6/100, hip.y - f.h*32/100}
	for _, side := range [2]int{-1, 1} {
		swing := side * s * 15 / 4096
		knee := f.limb(c, hip, swing+3, 23, 42, f.body)
		f.limb(c, hip, (swing+3)*6/10, 14, 52, f.shorts)
		f.limb(c, knee, -7+swing/3, 22-max(-swing, 0)/2, 32, f.body)
		elbow := f.limb(c, neck, -swing, 15, 28, f.shirt)
		f.limb(c, elbow, 9, -4-swing/4, 24, f.body)
	}
	c.capsule(hip.x, hip.y-f.h*3/100, neck.x, neck.y+f.h*2/100, f.h*68/1000, 0, f.shirt, opaque)
	c.capsule(hip.x, hip.y, hip.x, hip.y+f.h*4/100, f.h*62/1000, 0, f.shorts, opaque)
	c.disc(neck.x+f.turn*f.h*2/100, neck.y-f.h*13/100, f.h*68/1000, 0, f.hair, opaque)
	c.disc(neck.x+f.turn*f.h*4/100, neck.y-f.h*11/100, f.h*58/1000, 0, f.body, opaque)
}

// stand paints somebody upright; arms says how far they are raised, from 0
// (hanging) to 100.
func (f *figure) stand(c *canvas, arms int) {
	hip, neck := point{f.x, f.foot - f.h*47/100}, point{f.x, f.foot - f.h*80/100}
	for _, side := range [2]int{-1, 1} {
		f.limb(c, hip, side*4, 47, 42, f.body)
		shoulder := point{neck.x + side*f.h*8/100, neck.y + f.h*3/100}
		elbow := f.limb(c, shoulder, side*6, 17-arms*32/100, 26, f.shirt)
		f.limb(c, elbow, side*2, 16-arms*32/100, 22, f.body)
	}
	c.capsule(hip.x, hip.y, neck.x, neck.y+f.h*5/100, f.h*85/1000, 0, f.shirt, opaque)
	c.disc(neck.x, neck.y-f.h*9/100, f.h*68/1000, 0, f.body, opaque)
}

// gown paints a bride: a bodice, a wide skirt and a veil.
func (f *figure) gown(c *canvas, dress, veil tone) {
	waist, neck := f.foot-f.h*52/100, f.foot-f.h*80/100
	c.convex(veil, 120, point{f.x, neck - f.h*18/100}, point{f.x - f.turn*f.h*4/100 + f.h*14/100, f.foot - f.h*20/100},
		point{f.x - f.turn*f.h*20/100 - f.h*8/100, f.foot - f.h*18/100})
	c.convex(dress, opaque, point{f.x - f.h*6/100, waist}, point{f.x + f.h*6/100, waist},
		point{f.x + f.h*26/100, f.foot}, point{f.x - f.h*26/100, f.foot})
	c.capsule(f.x, waist, f.x, neck+f.h*6/100, f.h*72/1000, 0, dress, opaque)
	f.limb(c, point{f.x + f.turn*f.h*6/100, neck + f.h*4/100}, 8, 20, 22, f.body)
	c.disc(f.x, neck-f.h*8/100, f.h*64/1000, 0, f.body, opaque)
}

// crowd paints heads and shoulders from behind along the lower edge; some of a
// hundred have their hands up.
func (c *canvas) crowd(d dice, at, size, raised int, t tone) {
	for _, y := range [2]int{at, at + size*3/5} {
		for x := -30; x < 1030; x += d.between(size*55/100, size*95/100) * c.h / max(c.w, c.h) {
			s := c.L(size) * d.between(85, 115) / 100
			px, py := c.X(x), c.Y(y)+c.L(d.around(size/4))
			shade := mix(t, rgb(0x000000), d.between(0, 110))
			if d.between(0, 99) < raised {
				side := oneOf(d, -1, 1)
				shoulder := point{px + side*s*45/100, py + s*75/100}
				elbow := point{px + side*s*d.between(55, 85)/100, py + s*d.between(0, 25)/100}
				hand := point{px + side*s*d.between(30, 75)/100, py - s*d.between(40, 75)/100}
				c.capsule(shoulder.x, shoulder.y, elbow.x, elbow.y, s*11/100, 0, shade, opaque)
				c.capsule(elbow.x, elbow.y, hand.x, hand.y, s*9/100, 0, shade, opaque)
				c.disc(hand.x, hand.y, s*11/100, 0, shade, opaque)
			}
			c.shoulders(px, py, s, shade, shade)
		}
	}
}

// shoulders paints somebody from behind, s high from the neck up, with the head
// around x, y.
func (c *canvas) shoulders(x, y, s int, hair, cloth tone) {
	c.capsule(x, y+s*30/100, x, y+s*60/100, s*14/100, 0, hair, opaque)
	c.capsule(x-s*26/100, y+s*88/100, x+s*26/100, y+s*88/100, s*40/100, 0, cloth, opaque)
	c.rect(x-s*62/100, y+s*90/100, x+s*62/100, c.h<<subBits, cloth, opaque)
	c.capsule(x, y-s*4/100, x, y+s*8/100, s*28/100, 0, hair, opaque)
}
