// Boxes drawn straight into pixels: some hundred thousand in a frame cost a few milliseconds, where the canvas's own fillRect
// would take a second. Measures are device pixels.

class Raster {
    resize(width, height) {
        this.width = Math.max(1, width);
        this.height = Math.max(1, height);
        this.image = new ImageData(this.width, this.height);
        this.pixels = new Uint32Array(this.image.data.buffer);
    }

    clear(color) {
        this.pixels.fill(color);
        this.boxes = 0;
    }

    box(x, y, width, height, color) {
        const left = Math.max(0, Math.round(x)), right = Math.min(this.width, Math.round(x + width));
        const top = Math.max(0, y), bottom = Math.min(this.height, y + height), {pixels} = this;
        if (left >= right)
            return;
        this.boxes++;
        for (let row = top * this.width; row < bottom * this.width; row += this.width)
            if (right - left < 8)
                for (let i = left; i < right; i++)
                    pixels[row + i] = color;
            else
                pixels.fill(color, row + left, row + right);
    }
}
