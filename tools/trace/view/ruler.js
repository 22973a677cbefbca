// The axis of time, in the seconds that trace-cmd and KernelShark print.

// A round step for about one tick in `pixels`.
function tickStep(camera, pixels) {
    const rough = camera.span / camera.width * pixels, size = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 5, 10].map((n) => n * size).find((step) => step >= rough);
}

function drawRuler(context, model, camera, palette, height) {
    const step = tickStep(camera, 130), origin = model.meta.first * 1e9;
    const digits = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(step))));
    context.fillStyle = palette.css.paper;
    context.fillRect(0, 0, camera.left + camera.width, RULER);
    context.fillStyle = palette.css.faint;
    context.textBaseline = "middle";
    context.fillText(duration(camera.span) + " in view", 12, RULER / 2);
    context.save();
    context.beginPath();
    context.rect(camera.left, 0, camera.width, height);
    context.clip();
    for (let t = Math.ceil((origin + camera.from) / step) * step - origin; t < camera.to; t += step) {
        const x = Math.round(camera.x(t)) + 0.5;
        context.strokeStyle = palette.css.line;
        context.beginPath();
        context.moveTo(x, RULER - 7);
        context.lineTo(x, height);
        context.stroke();
        context.fillText(model.seconds(t, digits) + " s", x + 5, RULER / 2);
    }
    context.restore();
}
