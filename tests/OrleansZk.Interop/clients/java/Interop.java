import java.lang.reflect.InvocationTargetException;

/** Runs one case: {@code java Interop <class> <case>}. Exit code 0 passed, 77 does not apply, 1 failed. */
public final class Interop {
    private static final int SKIP = 77;

    private Interop() {
    }

    /** Thrown when a case does not apply to the server at hand. */
    static final class Skip extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Skip(String reason) {
            super(reason);
        }
    }

    public static void main(String[] args) throws Exception {
        int code = 0;
        Env env = new Env();
        try {
            Class.forName(args[0]).getDeclaredMethod(args[1], Env.class).invoke(null, env);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Skip) {
                System.out.println(e.getCause().getMessage());
                code = SKIP;
            } else {
                e.getCause().printStackTrace();
                code = 1;
            }
        }
        env.closeAll();
        System.out.flush();
        System.err.flush();
        // Threads of a client that could not be closed must not keep the process.
        Runtime.getRuntime().halt(code);
    }
}
