// GraphiQL against the server that serves this page: queries over HTTP, subscriptions over graphql-transport-ws.

import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './graphiql.css';

import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQL } from 'graphiql';
import { Kind, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { useEffect } from 'react';
import { createRoot } from 'react-dom/client';
import { ExampleMenu, type Example } from './example-menu';
import { authorization } from './identity';
import { IdentityPicker } from './identity-picker';

const HTTP_URL = '/graphql';
const WS_URL = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
const HELLO = '# Examples are in the menu above. Ctrl+Space completes, Ctrl+Enter runs.\n\n{\n  __typename\n}\n';

// A new client for each identity: a connection keeps the token it was opened with.
function connect() {
  return createClient({
    url: WS_URL,
    lazy: true,
    retryAttempts: 2,
    connectionParams: async () => {
      const header = await authorization();
      return header ? { Authorization: header } : {};
    },
  });
}

let client = connect();
const wsClient = { ...client, subscribe: ((...given) => client.subscribe(...given)) as typeof client.subscribe };
const base = createGraphiQLFetcher({ url: HTTP_URL, wsClient, enableIncrementalDelivery: false });

// A header typed into GraphiQL's own header editor wins over the picked identity.
const fetcher: Fetcher = async (params, given) => {
  const typed = given?.headers ?? {};
  const named = Object.keys(typed).some((name) => name.toLowerCase() === 'authorization');
  const header = named ? null : await authorization();
  return base(params, { ...given, headers: header ? { ...typed, authorization: header } : typed });
};

// GraphiQL's actions live inside its provider, the bar stands above it: this hands them out.
const inside: { open?: (example: Example) => void; refresh?: () => void } = {};

// The editor works out what it shows after a pause; without these facts a quick run would name the operation before.
function factsOf(query: string) {
  const documentAST = parse(query);
  const operations = documentAST.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  return { documentAST, operations, operationName: operations[0]?.name?.value };
}

function Bridge() {
  const { addTab, introspect, setOperationFacts } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  useEffect(() => {
    inside.open = (example) => {
      addTab();
      queryEditor?.setValue(example.query);
      variableEditor?.setValue(example.variables);
      setOperationFacts(factsOf(example.query));
    };
    inside.refresh = () => void introspect();
  }, [addTab, introspect, setOperationFacts, queryEditor, variableEditor]);
  return null;
}

function changeIdentity() {
  client.dispose();
  client = connect();
  inside.refresh?.();
}

function Page() {
  return (
    <>
      <header className="bar">
        <a href="/">dialog-graph</a>
        <ExampleMenu onOpen={(example) => inside.open?.(example)} />
        <IdentityPicker onChange={changeIdentity} />
      </header>
      <GraphiQL fetcher={fetcher} defaultQuery={HELLO} shouldPersistHeaders={false}>
        <GraphiQL.Logo>
          <span />
        </GraphiQL.Logo>
        <GraphiQL.Toolbar>
          {({ prettify, merge, copy }) => (
            <>
              {prettify}
              {merge}
              {copy}
              <Bridge />
            </>
          )}
        </GraphiQL.Toolbar>
      </GraphiQL>
    </>
  );
}

createRoot(document.getElementById('root')!).render(<Page />);
