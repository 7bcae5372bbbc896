// The token picker: a list of the development issuer's test users and the level a person signs in with.

import { useEffect, useState } from 'react';
import { become, current, testUsers, type Identity, type TestUser, type TestUsers } from './identity';
import { texts } from './texts';

const LEVELS = [0, 3, 4];
const HIGHEST = 4;

function Users({ label, users }: { label: string; users: TestUser[] }) {
  return (
    <optgroup label={label}>
      {users.map(({ key, name }) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </optgroup>
  );
}

export function IdentityPicker({ onChange }: { onChange: () => void }) {
  const [users, setUsers] = useState<TestUsers | null>(null);
  const [chosen, setChosen] = useState<Identity | null>(current());
  const [problem, setProblem] = useState('');

  useEffect(() => {
    testUsers().then((found) => {
      setUsers(found);
      setChosen(current());
    });
  }, []);
  if (users === null) return null;

  const choose = async (wanted: Identity | null) => {
    setProblem('');
    try {
      await become(wanted);
    } catch (error) {
      setProblem(`${texts.noToken}: ${(error as Error).message}`);
    }
    setChosen(current());
    onChange();
  };
  const isPerson = users.persons.some(({ key }) => key === chosen?.key);
  const level = chosen?.level ?? HIGHEST;

  return (
    <span className="identity">
      <strong className="development">{texts.development}</strong>
      <label>
        {texts.actAs}{' '}
        <select
          id="act-as"
          value={chosen?.key ?? ''}
          onChange={({ target }) => choose(target.value ? { key: target.value, level } : null)}
        >
          <option value="">{texts.nobody}</option>
          <Users label={texts.persons} users={users.persons} />
          <Users label={texts.organisations} users={users.organisations} />
        </select>
      </label>
      {chosen && isPerson && (
        <label>
          {texts.level}{' '}
          <select
            id="level"
            value={level}
            onChange={({ target }) => choose({ key: chosen.key, level: Number(target.value) })}
          >
            {LEVELS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      {problem && <span role="alert">{problem}</span>}
    </span>
  );
}
