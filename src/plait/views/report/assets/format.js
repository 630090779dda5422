// Numbers and times as people read them, and elements made of text alone.

const MINUTE = 60;
const HOUR = 3600;

function duration(milliseconds) {
  const seconds = Math.max(milliseconds / 1000, 0);
  if (milliseconds < 100) return `${Math.max(Math.round(milliseconds), 0)}ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds + 0.5);
  const two = (number) => String(number).padStart(2, "0");
  if (whole < MINUTE) return `${whole}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${two(whole % MINUTE)}s`;
  return `${Math.floor(whole / HOUR)}h ${two(Math.floor((whole % HOUR) / MINUTE))}m`;
}

function tokensText(count) {
  if (count < 1000) return String(count);
  if (count < 100000) return `${(count / 1000).toFixed(1)}k`;
  return count < 999500 ? `${(count / 1000).toFixed(0)}k` : `${(count / 1000000).toFixed(1)}M`;
}

function usdText(amount) {
  return amount >= 0.01 ? `$${amount.toFixed(2)}` : `$${amount.toFixed(4)}`;
}

function spentText(tokens, usd) {
  const parts = [];
  if (tokens) parts.push(tokensText(tokens));
  if (usd) parts.push(usdText(usd));
  return parts.join(" · ");
}

function bytesText(count) {
  if (count < 1000) return plural(count, "byte");
  return count < 1000000 ? `${(count / 1000).toFixed(0)} kB` : `${(count / 1000000).toFixed(1)} MB`;
}

function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function clockText(milliseconds, withDate) {
  const at = new Date(milliseconds);
  const two = (number) => String(number).padStart(2, "0");
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return withDate ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}` : time;
}

// Returns an element; children are elements, or text that is never read as markup.
function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "onclick") made.addEventListener("click", value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

function sign(status) {
  return element("span", { class: "sign", "data-status": status, "aria-hidden": "true" });
}

function byId(name) {
  return document.getElementById(`~${name}`);
}
