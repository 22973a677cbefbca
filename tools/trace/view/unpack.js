// The trace out of the page: base64, inflate, then columns as typed arrays (tools/trace/view/columns.py packs them).

const KINDS = {u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array};

async function inflate(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

function fromBase64(text) {
    if (Uint8Array.fromBase64)
        return Uint8Array.fromBase64(text);
    const binary = atob(text), bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++)
        bytes[i] = binary.charCodeAt(i);
    return bytes;
}

// The bytes of a column lie in planes: first the lowest byte of every number, then the second of every number.
function joinPlanes(bytes, at, count, kind) {
    const Kind = KINDS[kind], width = Kind.BYTES_PER_ELEMENT, column = new Kind(count);
    const out = new Uint8Array(column.buffer);
    for (let plane = 0; plane < width; plane++)
        for (let i = 0, from = at + plane * count, to = plane; i < count; i++, to += width)
            out[to] = bytes[from + i];
    return column;
}

// Times are stored as differences; they leave here as doubles, which count nanoseconds exactly for 104 days.
function timesFrom(low, high, summed) {
    const times = new Float64Array(low.length);
    let sum = 0;
    for (let i = 0; i < low.length; i++) {
        const value = low[i] + (high ? high[i] * 4294967296 : 0);
        sum += value;
        times[i] = summed ? sum : value;
    }
    return times;
}

// Resolves to {meta, column(name), times(name)}.
async function unpack(text) {
    const bytes = await inflate(fromBase64(text.trim()));
    const length = new DataView(bytes.buffer).getUint32(0, true), start = 4 + length;
    const meta = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
    const column = (name) => {
        const [kind, count, at] = meta.columns[name];
        return joinPlanes(bytes, start + at, count, kind);
    };
    const times = (name) => {
        const high = meta.columns[name + ".high"] ? column(name + ".high") : null;
        return timesFrom(column(name), high, meta.columns[name][3] === "sum");
    };
    return {meta, column, times};
}
