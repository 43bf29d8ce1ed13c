namespace OrleansZk.Interop.Servers;

/// <summary>How the servers are set up that the clients of a case talk to.</summary>
public enum Deployment
{
    /// <summary>One server; the clients know its address.</summary>
    Standalone,

    /// <summary>Three servers; the clients know all addresses, and each client goes to whichever it likes.</summary>
    Ensemble,
}
