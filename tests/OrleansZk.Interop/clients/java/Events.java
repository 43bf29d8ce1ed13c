import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** A watcher that keeps what it is told, one line per event: {@code NodeCreated /path}. Changes of the connection are kept apart. */
final class Events implements Watcher {
    private final List<String> seen = new ArrayList<>();
    private final List<Event.KeeperState> states = new ArrayList<>();

    @Override
    public synchronized void process(WatchedEvent event) {
        if (event.getType() == Event.EventType.None) {
            states.add(event.getState());
        } else {
            seen.add(event.getType() + " " + event.getPath());
        }
        notifyAll();
    }

    synchronized List<String> seen() {
        return new ArrayList<>(seen);
    }

    synchronized List<Event.KeeperState> states() {
        return new ArrayList<>(states);
    }

    synchronized void forget() {
        seen.clear();
    }

    /** Waits for as many events as are expected, then compares all that came, and forgets them. */
    void expect(String... lines) throws Exception {
        long end = System.currentTimeMillis() + Env.PATIENCE_MS;
        synchronized (this) {
            while (seen.size() < lines.length && System.currentTimeMillis() < end) {
                wait(100);
            }
            Env.equal(seen, Arrays.asList(lines), "events");
            seen.clear();
        }
    }

    /** As {@link #expect}, after a round trip on the watching client, so that one event too many would have come. */
    void expectExactly(ZooKeeper zk, String path, String... lines) throws Exception {
        Env.sync(zk, path);
        // The reply and the events are handed to the same thread in the order they came, so the sync's callback ran last.
        expect(lines);
    }

    void awaitState(Event.KeeperState state) throws Exception {
        Env.eventually(() -> states().contains(state), "state " + state + " (seen: " + states() + ")");
    }
}
