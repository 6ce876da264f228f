const asked = new URLSearchParams(location.search);
const room = asked.get("room") || "lobby";
const name = asked.get("name") || "somebody";

const url = new URL(`/chat/${encodeURIComponent(room)}?name=${encodeURIComponent(name)}`, location);
url.protocol = location.protocol === "https:" ? "wss:" : "ws:";

function connect() {
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send(JSON.stringify({ text: "is here" }));
  socket.onmessage = (event) => {
    const post = JSON.parse(event.data);
    const item = document.createElement("li");
    item.textContent = post.errors ? post.errors[0].detail : `${post.name}: ${post.text}`;
    document.getElementById("posts").append(item);
  };
  // 1001 says that the service stops; another one will be there in a moment
  socket.onclose = () => setTimeout(connect, 1000 + Math.random() * 2000);
  document.getElementById("form").onsubmit = (event) => {
    event.preventDefault();
    socket.send(JSON.stringify({ text: document.getElementById("text").value }));
    document.getElementById("text").value = "";
  };
}

connect();
