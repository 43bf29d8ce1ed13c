namespace OrleansZk.Core.Ensemble;

/// <summary>What has become of an operator's wish to transfer the leadership.</summary>
public enum TransferOutcome
{
    /// <summary>The server has stepped down, and the successor has been asked to lead.</summary>
    Done,

    /// <summary>The server did not lead.</summary>
    NotLeading,

    /// <summary>The server is already about to hand over.</summary>
    UnderWay,

    /// <summary>The server was given the leadership less than <see cref="MemberOptions.TransferInterval"/> ago.</summary>
    TooSoon,
}
