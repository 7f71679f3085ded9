// Package photos makes the demo's photos: JPEGs that look like pictures of
// events, with the sizes that photos have, out of nothing but a seed. There are
// no assets and no network, and the same seed gives the same bytes on every
// machine that runs the same version of Go. So nothing here uses floating
// point, which compilers may round differently from one processor to another.
//
// The story of a photo:
//
//  1. [Generate] plans every photo from the seed: album, key, shape and the
//     size to land near (plan.go). Sizes follow a photo mix, many of some
//     100 KB and a few of several MB.
//  2. The album's motif paints a scene on a canvas of moderate size, in YCbCr
//     as JPEG wants it (canvas.go, shapes.go, land.go, figures.go, motif*.go).
//  3. A few bands of it are developed, enlarged and with film grain, and
//     encoded. They tell how many bytes a pixel costs, hence how many pixels
//     the photo gets (develop.go).
//  4. It is developed whole and encoded. A photo that misses the allowed range
//     is made again with more or fewer pixels; a few bytes are made up by a
//     comment segment.
package photos
