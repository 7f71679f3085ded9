package photos

import "image/color"

const (
	toneBits = 6   // fractional bits of a canvas sample: gradients without bands
	subBits  = 8   // fractional bits of a coordinate
	opaque   = 256 // an alpha that hides what is below
	maxTone  = 255 << toneBits
)

// tone is a colour in YCbCr, with toneBits fractional bits.
type tone struct{ y, cb, cr int32 }

func rgb(v uint32) tone {
	y, cb, cr := color.RGBToYCbCr(uint8(v>>16), uint8(v>>8), uint8(v))
	return tone{int32(y) << toneBits, int32(cb) << toneBits, int32(cr) << toneBits}
}

// mix is a when part is 0 and b when it is opaque.
func mix(a, b tone, part int) tone {
	p := int32(part)
	return tone{a.y + (b.y-a.y)*p/opaque, a.cb + (b.cb-a.cb)*p/opaque, a.cr + (b.cr-a.cr)*p/opaque}
}

// canvas is what a scene is painted on, three full planes of tones. Painters
// speak of thousandths: x of the width, y of the height, lengths of the shorter
// side. Coordinates between them are subpixels.
type canvas struct {
	w, h      int
	y, cb, cr []int16
}

// reset makes the canvas w by h. What it shows is undefined until it is filled.
func (c *canvas) reset(w, h int) {
	c.w, c.h = w, h
	if n := w * h; cap(c.y) < n {
		c.y, c.cb, c.cr = make([]int16, n), make([]int16, n), make([]int16, n)
	} else {
		c.y, c.cb, c.cr = c.y[:n], c.cb[:n], c.cr[:n]
	}
}

// X is the subpixel column at x thousandths of the width.
func (c *canvas) X(x int) int { return (x * c.w << subBits) / 1000 }

// Y is the subpixel row at y thousandths of the height.
func (c *canvas) Y(y int) int { return (y * c.h << subBits) / 1000 }

// L is the length in subpixels of l thousandths of the shorter side.
func (c *canvas) L(l int) int { return (l * min(c.w, c.h) << subBits) / 1000 }

// blend lays t over pixel i. alpha runs from 0 to opaque.
func (c *canvas) blend(i int, t tone, alpha int32) {
	y, cb, cr := int32(c.y[i]), int32(c.cb[i]), int32(c.cr[i])
	c.y[i] = int16(y + (t.y-y)*alpha>>8)
	c.cb[i] = int16(cb + (t.cb-cb)*alpha>>8)
	c.cr[i] = int16(cr + (t.cr-cr)*alpha>>8)
}

// fillRow sets n pixels from x on in a row.
func (c *canvas) fillRow(x, row, n int, t tone) {
	i := row*c.w + x
	y, cb, cr := c.y[i:i+n], c.cb[i:i+n], c.cr[i:i+n]
	for k := range y {
		y[k], cb[k], cr[k] = int16(t.y), int16(t.cb), int16(t.cr)
	}
}

// stop is a place in a vertical gradient, in thousandths of the height.
type stop struct {
	at   int
	tone tone
}

// gradient fills the rows from the first stop to the last one.
func (c *canvas) gradient(stops ...stop) {
	last := len(stops) - 1
	from, to := stops[0].at*c.h/1000, stops[last].at*c.h/1000
	k := 0
	for row := max(from, 0); row < min(to, c.h); row++ {
		at := row * 1000 * opaque / c.h
		for k < last-1 && at >= stops[k+1].at*opaque {
			k++
		}
		span := max(stops[k+1].at-stops[k].at, 1)
		part := min(max((at-stops[k].at*opaque)/span, 0), opaque)
		c.fillRow(0, row, c.w, mix(stops[k].tone, stops[k+1].tone, part))
	}
}

// box is the part of the canvas, in whole pixels, within reach of a shape.
func (c *canvas) box(x0, y0, x1, y1 int) (left, top, right, bottom int) {
	return max(x0>>subBits, 0), max(y0>>subBits, 0),
		min(x1>>subBits+1, c.w), min(y1>>subBits+1, c.h)
}
