import { createRoot } from "react-dom/client";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./playground.css";

// The server hands its settings over as attributes, so that the page needs no inline script.
const root = document.getElementById("weft");
const endpoint = root.dataset.endpoint || window.location.pathname;

// fetcher sends one operation. It never throws for an answer of the server: whatever came back is
// shown where the result would be, with its status, because that is where the user looks.
async function fetcher({ query, operationName, variables }, { headers } = {}) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify({ query, operationName, variables }),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const message = `The answer is not JSON (status ${response.status}): ${text.slice(0, 500)}`;
    return { errors: [{ message }] };
  }
}

createRoot(root).render(
  <GraphiQL fetcher={fetcher} defaultQuery={root.dataset.defaultQuery} defaultEditorToolsVisibility>
    <GraphiQL.Logo>
      <img className="weft-mark" src={root.dataset.logo} alt="" />
      Weft
    </GraphiQL.Logo>
  </GraphiQL>,
);
