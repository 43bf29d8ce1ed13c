using Orleans.Placement;
using Orleans.Runtime.Placement;
using OrleansZk.Core.Ensemble;
using OrleansZk.Server.Hosting;

namespace OrleansZk.Silo.Leading;

/// <summary>Puts the leader's grain where the leader is, or is to be.</summary>
[GenerateSerializer, Immutable, Alias("OrleansZk.LeaderPlacement")]
public sealed class LeaderPlacement : PlacementStrategy
{
    internal static LeaderPlacement Instance { get; } = new();
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class LeaderPlacementAttribute() : PlacementAttribute(LeaderPlacement.Instance);

/// <summary>The silo whose engine leads; while none does, the live silo with the highest server id, which the members' own election chooses too.</summary>
internal sealed class LeaderPlacementDirector(Engine engine) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        SiloAddress[] silos = context.GetCompatibleSilos(target);
        return Task.FromResult(
            IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) ?? Choose(engine.Member, silos) ?? context.LocalSilo);
    }

    /// <returns>Null for an engine that stands alone, or does not know any of the silos yet.</returns>
    internal static SiloAddress? Choose(Member? member, IReadOnlyCollection<SiloAddress> silos)
    {
        if (member is { View: { } view })
        {
            MemberInfo? leader = member.Role == MemberRole.Leading ? member.Self : Election.LeaderOf(view)?.Info;
            IEnumerable<MemberInfo> candidates = view.Members.Select(other => other.Info).OrderByDescending(info => info.Id);
            return (leader is null ? candidates : candidates.Prepend(leader)).Select(info => silos.FirstOrDefault(silo => silo.ToParsableString() == info.PeerAddress))
                .FirstOrDefault(silo => silo is not null);
        }

        return null;
    }
}
