// What a look at the page alone finds wrong with it, as a list of sentences.
// Names and roles are checked on the browser's accessibility tree instead.
(() => {
  const wrong = [];
  const say = (text, el) => wrong.push(`${text}: ${el.outerHTML.slice(0, 160)}`);
  const shown = (el) => {
    if (!el.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    if (el.closest('.said, .skip, [inert]')) return false;
    const box = el.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };

  // Structure: one place, one heading, ids that name one thing.
  for (const one of ['main', 'h1']) {
    const n = [...document.querySelectorAll(one)].filter((el) => el.checkVisibility()).length;
    if (n !== 1) wrong.push(`there are ${n} ${one}`);
  }
  const ids = new Set();
  for (const el of document.querySelectorAll('[id]')) {
    if (ids.has(el.id)) say('an id is there twice', el);
    ids.add(el.id);
  }
  for (const el of document.querySelectorAll('[aria-labelledby],[aria-describedby],[aria-controls],label[for]'))
    for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for'])
      for (const id of (el.getAttribute(name) ?? '').split(' ').filter(Boolean)) if (!ids.has(id)) say(`${name} names nothing`, el);
  for (const el of document.querySelectorAll('[tabindex]')) if (Number(el.getAttribute('tabindex')) > 0) say('it jumps the order of focus', el);
  for (const el of document.querySelectorAll('a a, button button, a button, button a')) say('a control stands in another', el);
  for (const el of document.querySelectorAll('[style]')) if (el.getAttribute('style') && !el.matches('textarea')) say('a style stands in the page', el);

  // Targets of at least 24 pixels (WCAG 2.2, 2.5.8); links in running text may be smaller.
  for (const el of document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea,summary')) {
    if (!shown(el) || getComputedStyle(el).display === 'inline') continue;
    const box = (el.closest('label') ?? el).getBoundingClientRect();
    if (box.width < 23.5 || box.height < 23.5) say(`a target of ${box.width.toFixed(1)} × ${box.height.toFixed(1)} pixels`, el);
  }

  // Contrast of text (WCAG 2.2, 1.4.3).
  const parse = (text) => {
    const n = (text.match(/[\d.]+/g) ?? []).map(Number);
    return { rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1 };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (el) => {
    const layers = [];
    for (let at = el; at; at = at.parentElement) {
      const { rgb, alpha } = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0) layers.unshift({ rgb, alpha });
      if (alpha === 1) break;
    }
    return layers.reduce((under, l) => under.map((c, i) => c * (1 - l.alpha) + l.rgb[i] * l.alpha), [255, 255, 255]);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  const strange = document.documentElement.lang === 'zz';
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim();
    const el = texts.currentNode.parentElement;
    if (!text || el.closest('script,style,noscript,option,datalist') || !shown(el)) continue;
    // In the pseudo-language every text of ours has its brackets. Others' words
    // say so: their direction is found out, or they are names and numbers.
    if (strange && /[a-z]{2}/i.test(text) && !/[⟦⟧]/.test(text) && !el.closest('[dir="auto"],[dir="ltr"],bdi,code,.mono,.num,time,kbd'))
      say(`“${text.slice(0, 60)}” is not one of the messages`, el);
    if (seen.has(el) || el.closest(':disabled,[data-done],[data-state="pending"]')) continue;
    seen.add(el);
    const style = getComputedStyle(el);
    const ink = parse(style.color);
    const under = ground(el);
    const [a, b] = [light(ink.rgb), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01) say(`a contrast of ${ratio.toFixed(2)}`, el);
  }
  return wrong;
})();
